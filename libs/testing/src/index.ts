export { describeModelRegistry, type ModelRegistrySubject } from './conformance/model-registry';
export { InMemoryModelRegistry } from './fakes/in-memory-model-registry';
export { sampleManifest } from './fakes/sample-manifest';
