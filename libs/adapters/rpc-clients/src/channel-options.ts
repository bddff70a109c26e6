import type { ClientOptions } from '@grpc/grpc-js';

/** Above the largest reply: 10,000 candidates with ten heads each are half a mebibyte. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const RECONNECT_FIRST_MS = 50;
/** A service that is back is found within a second. */
const RECONNECT_MAX_MS = 1000;
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 2000;

/** Options of every channel. grpc-js would use one replica, give up reconnecting for two minutes and retry on its own. */
export const CHANNEL_OPTIONS: Partial<ClientOptions> = {
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  'grpc.initial_reconnect_backoff_ms': RECONNECT_FIRST_MS,
  'grpc.min_reconnect_backoff_ms': RECONNECT_FIRST_MS,
  'grpc.max_reconnect_backoff_ms': RECONNECT_MAX_MS,
  'grpc.dns_min_time_between_resolutions_ms': RECONNECT_MAX_MS,
  'grpc.enable_retries': 0,
};
