export {
  createFileModelRegistry,
  type FileModelRegistryOptions,
  type ModelRegistry,
} from './file-model-registry';
export { ManifestError } from './manifest';
export { readTensorFile, TensorFileError, writeTensorFile } from './tensor-file-io';
