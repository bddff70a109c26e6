export { cronPeriodMs } from './config/cron';
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
  backendSettings,
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
export { describeTrial, loadTuning, parseTuning, type TuningSetup } from './config/tuning-space';
export { changeSettings } from './config/settings-text';
export { homeFolders, type HomeFolders } from './config/home-folders';
export { REQUEST_ID_KEY, type CallInfo } from './rpc/call-info';
export { CallLane } from './rpc/call-lane';
export { invalidArgument, RpcError, rpcErrorOfStage, type RpcErrorCode } from './rpc/rpc-error';
export {
  bindService,
  type BoundService,
  type RpcFailure,
  type RpcHandler,
  type RpcHandlers,
} from './rpc/rpc-handlers';
export { createRpcServer, type RpcServer, type RpcServerOptions } from './rpc/rpc-server';
export { ERROR_FIELD_KEY } from './rpc/status';
export { createLogger, type Logger, type LoggerOptions } from './telemetry/logger';
export {
  createRegistry,
  splitAddress,
  startMetricsServer,
  type MetricsServer,
  type MetricsServerOptions,
  type Readiness,
} from './telemetry/metrics-server';
export { startTracing, type Tracing, type TracingOptions } from './telemetry/tracing';
export {
  EXIT_CRASHED,
  EXIT_MISCONFIGURED,
  runProcess,
  type ProcessContext,
  type ProcessMessage,
  type RunProcessOptions,
  type StartedProcess,
} from './process/run-process';
export { ItemState, type ItemStateOptions, type ItemStatePart } from './item-state/item-state';
export { LiveItemVectors } from './item-state/live-item-vectors';
export { ReleaseHost, type ReleaseHostOptions, type ReleaseState } from './release-host/release-host';
