export {
  startLocalRedis,
  RedisUnavailableError,
  type LocalRedis,
  type LocalRedisOptions,
  type LocalRedisOrigin,
} from './local-redis/local-redis';
export { identifyRedis, type RedisIdentity } from './local-redis/redis-probe';
export { ConfigError, type Violation } from './config/config-error';
export { descriptionJsonSchema } from './config/description-schema';
export {
  addressSchema,
  commonSettings,
  DEFAULT_PORTS,
  readEnvironment,
  stageAddressSettings,
  type ServiceName,
  type Setting,
  type Settings,
  type SettingValues,
} from './config/environment';
export { loadDescription, parseDescription } from './config/load-description';
export { homeFolders, type HomeFolders } from './config/home-folders';
