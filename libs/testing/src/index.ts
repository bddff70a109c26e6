export { describeModelRegistry, type ModelRegistrySubject } from './conformance/model-registry';
export { InMemoryModelRegistry } from './fakes/in-memory-model-registry';
export { sampleCanaryReport } from './fakes/sample-canary-report';
export { sampleManifest } from './fakes/sample-manifest';
export { describeVectorIndex, type VectorIndexUnderTest } from './conformance/vector-index';
export { clusteredVectors, type ClusteredVectorsOptions } from './conformance/vector-index-vectors';
export { describeEventLog, itemUpserted, loggedEvent, type EventLogSubject } from './conformance/event-log';
export { InMemoryEventLog } from './fakes/in-memory-event-log';
export { describeOnlineStore } from './conformance/online-store';
export { describeCatalog } from './conformance/online-store-catalog';
export { describeEventStream } from './conformance/online-store-event-stream';
export {
  SAMPLE_EVENT_TYPES,
  trackedEvent,
  type OnlineStoreSubject,
} from './conformance/online-store-subject';
export { InMemoryOnlineStore } from './fakes/online-store';
export { FakeRanker, type FakeRankerOptions } from './fakes/ranker';
export { FakeRetriever, type FakeRetrieverOptions } from './fakes/retriever';
export { DisposableRedis, type AppendFsync, type DisposableRedisOptions } from './disposable-redis';
export { shuffledLabels } from './shuffled-labels';
