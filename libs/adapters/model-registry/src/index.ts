export { readTensorFile, TensorFileError, writeTensorFile } from './tensor-file-io';
