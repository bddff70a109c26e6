export {
  startLocalRedis,
  RedisUnavailableError,
  type LocalRedis,
  type LocalRedisOptions,
  type LocalRedisOrigin,
} from './local-redis/local-redis';
export { identifyRedis, type RedisIdentity } from './local-redis/redis-probe';
