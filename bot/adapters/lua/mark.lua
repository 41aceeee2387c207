-- Mark cards as lagging behind; the number goes up so that a clean that began before does not undo it.
-- KEYS: dirty, progress. ARGV: incident, channel, seconds to keep, the progress (empty to keep the last).
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local number = redis.call('HINCRBY', KEYS[2], 'number', 1)
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[2], 'body', ARGV[4])
end
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[1])
return number
