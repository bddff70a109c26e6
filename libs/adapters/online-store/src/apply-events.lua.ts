import { LuaScript } from './lua-script';
import { INTERACTION_BYTES, SEEN_BYTES } from './user-record';

/**
 * Applies events of one user, each at most once.
 * KEYS: user hash, erasure mark, then per event: marker, daily counter (or '').
 * ARGV: recent max, seen max, the events' newest cursor or '', then per event: packed interaction, packed ordinal when seen or '', receivedAtMs,
 * marker's lifetime in ms, ordinal as a decimal, counter's lifetime in s.
 * Returns how many events were new.
 */
export const applyEventsScript = new LuaScript(`
local SIZE, SEEN = ${INTERACTION_BYTES}, ${SEEN_BYTES}
local recentBytes, seenBytes = tonumber(ARGV[1]) * SIZE, tonumber(ARGV[2]) * SEEN

-- Sorted by event time; a late event finds its place from the back.
local function insert(recent, record)
  local time = struct.unpack('<d', record)
  local at = #recent
  while at > 0 and struct.unpack('<d', recent, at - SIZE + 1) > time do at = at - SIZE end
  recent = recent:sub(1, at) .. record .. recent:sub(at + 1)
  if #recent > recentBytes then recent = recent:sub(#recent - recentBytes + 1) end
  return recent
end

-- Each ordinal once, the latest last, so that the cap drops what was seen longest ago.
local function mark(seen, packed)
  local at = seen:find(packed, 1, true)
  while at and (at - 1) % SEEN ~= 0 do
    at = seen:find(packed, at + SEEN - (at - 1) % SEEN, true)
  end
  if at then seen = seen:sub(1, at - 1) .. seen:sub(at + SEEN) end
  seen = seen .. packed
  if #seen > seenBytes then seen = seen:sub(#seen - seenBytes + 1) end
  return seen
end

local function isLater(cursor, than)
  local ms, sequence = cursor:match('(%d+)-(%d+)')
  local thanMs, thanSequence = than:match('(%d+)-(%d+)')
  if ms ~= thanMs then return tonumber(ms) > tonumber(thanMs) end
  return tonumber(sequence) > tonumber(thanSequence)
end

local erasedAt = tonumber(redis.call('GET', KEYS[2]) or '-1')
local stored = redis.call('HMGET', KEYS[1], 'recent', 'seen', 'cursor')
local recent, seen = stored[1] or '', stored[2] or ''
local newCount = 0
for event = 0, (#KEYS - 2) / 2 - 1 do
  local marker, counter = KEYS[3 + event * 2], KEYS[4 + event * 2]
  local base = 4 + event * 6
  if tonumber(ARGV[base + 2]) > erasedAt and redis.call('GET', marker) ~= '2' then
    redis.call('SET', marker, '2', 'PX', ARGV[base + 3])
    recent = insert(recent, ARGV[base])
    if ARGV[base + 1] ~= '' then seen = mark(seen, ARGV[base + 1]) end
    if counter ~= '' then
      redis.call('HINCRBY', counter, ARGV[base + 4], 1)
      redis.call('EXPIRE', counter, ARGV[base + 5])
    end
    newCount = newCount + 1
  end
end
if newCount > 0 then
  redis.call('HSET', KEYS[1], 'recent', recent)
  if #seen > 0 then redis.call('HSET', KEYS[1], 'seen', seen) end
  redis.call('HINCRBY', KEYS[1], 'interactions', newCount)
  if ARGV[3] ~= '' and (not stored[3] or isLater(ARGV[3], stored[3])) then
    redis.call('HSET', KEYS[1], 'cursor', ARGV[3])
  end
end
return newCount
`);
