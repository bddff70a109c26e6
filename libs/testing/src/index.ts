export { describeModelRegistry, type ModelRegistrySubject } from './conformance/model-registry';
export { InMemoryModelRegistry } from './fakes/in-memory-model-registry';
export { sampleManifest } from './fakes/sample-manifest';
export { describeVectorIndex, type VectorIndexUnderTest } from './conformance/vector-index';
export { clusteredVectors, type ClusteredVectorsOptions } from './conformance/vector-index-vectors';
export { describeEventLog, itemUpserted, sampleEvent, type EventLogSubject } from './conformance/event-log';
export { InMemoryEventLog } from './fakes/in-memory-event-log';
