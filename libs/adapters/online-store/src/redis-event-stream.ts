import type { EventAppendVerdict, EventStreamWriter, TrackedEvent } from '@winnow/domain';
import { LuaScript, type ScriptCall } from './lua-script';
import type { RedisConnection } from './redis-connection';
import { EVENT_ID_WINDOW_MS } from './redis-online-state';
import { encodeEvent } from './stream-entry';
import type { StoreKeys } from './store-keys';

/**
 * A script call takes effect whole or not at all, so up to this many events are taken or refused together:
 * the most that one Track may carry.
 */
export const EVENTS_PER_APPEND_SCRIPT = 1_000;
const EVENTS_PER_PIPELINE = 10_000;

/**
 * KEYS: stream, then per event: marker, erasure mark. ARGV: marker's lifetime in ms, then per event: receivedAtMs,
 * user id, rest. Returns 1 for each event taken, 0 for each repeat. An event that was received before its user was
 * erased is acknowledged and dropped.
 */
const appendScript = new LuaScript(`
local verdicts = {}
for event = 1, (#KEYS - 1) / 2 do
  local base = event * 3 - 1
  if redis.call('SET', KEYS[event * 2], '1', 'NX', 'PX', ARGV[1]) then
    local erasedAt = redis.call('GET', KEYS[event * 2 + 1])
    if not erasedAt or tonumber(ARGV[base]) > tonumber(erasedAt) then
      redis.call('XADD', KEYS[1], '*', 'u', ARGV[base + 1], 'e', ARGV[base + 2])
    end
    verdicts[event] = 1
  else
    verdicts[event] = 0
  end
end
return verdicts
`);

/** Puts events into the durable stream, each event id once within the window. */
export class RedisEventStreamWriter implements EventStreamWriter {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: StoreKeys,
  ) {}

  /**
   * Verdicts are parallel to `events`. Up to 1,000 events are all taken or none. When it throws, the answer may have
   * been lost after the events were taken; a repeat with the same event ids finds out and counts nothing twice.
   */
  async append(events: readonly TrackedEvent[]): Promise<readonly EventAppendVerdict[]> {
    const verdicts: EventAppendVerdict[] = [];
    for (let start = 0; start < events.length; start += EVENTS_PER_PIPELINE) {
      const calls = this.scriptCalls(events.slice(start, start + EVENTS_PER_PIPELINE));
      const replies = await this.connection.run((client) => appendScript.runAll(client, calls));
      for (const taken of (replies as number[][]).flat())
        verdicts.push({ status: taken === 1 ? 'accepted' : 'duplicate' });
    }
    return verdicts;
  }

  private scriptCalls(events: readonly TrackedEvent[]): ScriptCall[] {
    const calls: ScriptCall[] = [];
    for (let start = 0; start < events.length; start += EVENTS_PER_APPEND_SCRIPT) {
      const keys = [this.keys.events];
      const args: (string | number)[] = [EVENT_ID_WINDOW_MS];
      for (const event of events.slice(start, start + EVENTS_PER_APPEND_SCRIPT)) {
        keys.push(this.keys.eventMarker(event.eventId), this.keys.erasedUser(event.userId));
        args.push(event.receivedAtMs, ...encodeEvent(event));
      }
      calls.push({ keys, args });
    }
    return calls;
  }
}
