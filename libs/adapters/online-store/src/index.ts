export { checkRedis, type RedisCheck, type RedisProblem } from './check-redis';
export {
  createOnlineStore,
  type CatalogConsumer,
  type OnlineStore,
  type OnlineStoreOptions,
  type SlateConsumer,
  type StreamStatus,
} from './create-online-store';
export type { DeadLetter, DeadLetters } from './dead-letters';
export type { ConsumerOptions } from './group-consumer';
export type { OnlineRebuilder, RebuildOptions, RebuildProgress, RebuildSummary } from './online-rebuilder';
export { CATALOG_BATCH_MAX } from './redis-catalog';
export { ONLINE_STORE_COMPONENT, StoreUnavailableError, type StoreTrouble } from './redis-connection';
export { EVENTS_PER_APPEND_SCRIPT } from './redis-event-stream';
export { EVENT_ID_WINDOW_MS, RECENT_INTERACTIONS_MAX, SEEN_ORDINALS_MAX } from './redis-online-state';
export { SLATE_STREAM_MAX } from './redis-served-slates';
export { CONSUMER_GROUPS, type StoreKeys } from './store-keys';
export type { StreamGroup } from './stream-groups';
