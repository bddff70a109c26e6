import { LuaScript } from './lua-script';

/**
 * Stored item: `{"ordinal":7,"firstSeenAtMs":1700000000000,` followed by what the caller gave. The two numbers stand in
 * front because the scripts decide them; the rest stays text, since Lua's JSON would round numbers and turn [] into {}.
 */
const STORED_ITEM = `
local function stored(ordinal, firstSeen, rest)
  return string.format('{"ordinal":%.0f,"firstSeenAtMs":%.0f,%s', ordinal, firstSeen, rest)
end
local function parts(item)
  local ordinal, firstSeen, rest = string.match(item, '^{"ordinal":(%d+),"firstSeenAtMs":(%-?%d+),(.*)$')
  return tonumber(ordinal), tonumber(firstSeen), rest
end
`;

/**
 * KEYS: ordinals, items, next ordinal, catalogue stream, unfinished rebuild.
 * ARGV, per item: id, first seen ms, rest of the stored item. Returns the ordinals, negated minus one where created.
 * An item that is already there in the same words changes nothing and is not announced.
 */
export const upsertItemsScript = new LuaScript(`${STORED_ITEM}
if redis.call('EXISTS', KEYS[5]) == 1 then return redis.error_reply('TRYAGAIN the online store is being rebuilt') end
local nextOrdinal = tonumber(redis.call('GET', KEYS[3]) or '0')
if nextOrdinal + #ARGV / 3 > 4294967295 then return redis.error_reply('ERR no ordinals left') end
local replies = {}
for item = 0, #ARGV / 3 - 1 do
  local id, firstSeen, rest = ARGV[item * 3 + 1], tonumber(ARGV[item * 3 + 2]), ARGV[item * 3 + 3]
  local before = redis.call('HGET', KEYS[2], id)
  local ordinal
  if before then
    local firstSeenBefore
    ordinal, firstSeenBefore = parts(before)
    firstSeen = math.min(firstSeen, firstSeenBefore)
    replies[item + 1] = ordinal
  else
    ordinal = redis.call('INCR', KEYS[3]) - 1
    redis.call('HSETNX', KEYS[1], id, string.format('%.0f', ordinal))
    replies[item + 1] = -ordinal - 1
  end
  local after = stored(ordinal, firstSeen, rest)
  if after ~= before then
    redis.call('HSET', KEYS[2], id, after)
    redis.call('XADD', KEYS[4], '*', 'c', '{"upserted":' .. after .. '}')
  end
end
return replies
`);

/**
 * KEYS: ordinals, items, catalogue stream, unfinished rebuild. ARGV, per item: id, id as JSON.
 * Returns 1 where the item was there, 0 where not.
 */
export const deleteItemsScript = new LuaScript(`
if redis.call('EXISTS', KEYS[4]) == 1 then return redis.error_reply('TRYAGAIN the online store is being rebuilt') end
local replies = {}
for item = 0, #ARGV / 2 - 1 do
  local id, json = ARGV[item * 2 + 1], ARGV[item * 2 + 2]
  local ordinal = redis.call('HGET', KEYS[1], id)
  replies[item + 1] = 0
  if ordinal then
    redis.call('HDEL', KEYS[1], id)
    redis.call('HDEL', KEYS[2], id)
    redis.call('XADD', KEYS[3], '*', 'c', '{"deleted":{"ordinal":' .. ordinal .. ',"itemId":' .. json .. '}}')
    replies[item + 1] = 1
  end
end
return replies
`);

/**
 * Puts back catalogue changes from the event log, ordinals as they were.
 * KEYS: ordinals, items, next ordinal, catalogue stream.
 * ARGV: group that has the changes already, then per change: id, ordinal, stored item or '' for a deletion, and
 * the change for the stream with its time, or '' and 0.
 * A change that goes back into the stream keeps its time as entry id, so that cursors of releases stay good.
 */
export const restoreCatalogScript = new LuaScript(`
local group = ARGV[1]
for change = 0, (#ARGV - 1) / 5 - 1 do
  local base = change * 5 + 2
  local id, ordinal, item = ARGV[base], ARGV[base + 1], ARGV[base + 2]
  if item ~= '' then
    redis.call('HSET', KEYS[1], id, ordinal)
    redis.call('HSET', KEYS[2], id, item)
  elseif redis.call('HGET', KEYS[1], id) == ordinal then
    redis.call('HDEL', KEYS[1], id)
    redis.call('HDEL', KEYS[2], id)
  end
  if tonumber(ordinal) >= tonumber(redis.call('GET', KEYS[3]) or '0') then
    redis.call('SET', KEYS[3], string.format('%.0f', tonumber(ordinal) + 1))
  end
  if ARGV[base + 3] ~= '' then
    local entry = redis.call('XADD', KEYS[4], ARGV[base + 4] .. '-*', 'c', ARGV[base + 3])
    redis.call('XGROUP', 'SETID', KEYS[4], group, entry)
  end
end
return (#ARGV - 1) / 5
`);

/**
 * KEYS: catalogue stream, unfinished rebuild, then each user's hash. ARGV, per user: id, attributes as JSON.
 * Attributes that stay the same are not announced.
 */
export const upsertUsersScript = new LuaScript(`
if redis.call('EXISTS', KEYS[2]) == 1 then return redis.error_reply('TRYAGAIN the online store is being rebuilt') end
for user = 1, #ARGV / 2 do
  local id, attributes = ARGV[user * 2 - 1], ARGV[user * 2]
  if redis.call('HGET', KEYS[user + 2], 'attributes') ~= attributes then
    redis.call('HSET', KEYS[user + 2], 'attributes', attributes)
    redis.call('XADD', KEYS[1], '*', 'u', id, 'c', '{"user":' .. attributes .. '}')
  end
end
return #ARGV / 2
`);

/**
 * Puts back users' attributes, unless the user was erased after they were given.
 * KEYS, per user: hash, erasure mark. ARGV, per user: attributes as JSON, when they were given, ms.
 */
export const restoreUsersScript = new LuaScript(`
for user = 1, #ARGV / 2 do
  local erasedAt = tonumber(redis.call('GET', KEYS[user * 2]) or '-1')
  if tonumber(ARGV[user * 2]) > erasedAt then
    redis.call('HSET', KEYS[user * 2 - 1], 'attributes', ARGV[user * 2 - 1])
  end
end
return #ARGV / 2
`);
