-- Be one of those who are investigated, or stand in line.
-- KEYS  slots (member -> end), line (member -> order), heard (member -> when it last asked)
-- ARGV  member, order, limit, milliseconds that a slot lasts, milliseconds that a silent one keeps its place
-- Answers 0 for a slot, else the place in line.
local slots, line, heard = KEYS[1], KEYS[2], KEYS[3]
local member, order, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', slots, '-inf', now)
for _, silent in ipairs(redis.call('ZRANGEBYSCORE', heard, '-inf', now - tonumber(ARGV[5]))) do
  redis.call('ZREM', line, silent)
  redis.call('ZREM', heard, silent)
end
local free = limit - redis.call('ZCARD', slots)
if not redis.call('ZSCORE', slots, member) then
  redis.call('ZADD', line, order, member)
  redis.call('ZADD', heard, now, member)
  local place = redis.call('ZRANK', line, member)
  if place >= free then
    return place - math.max(free, 0) + 1
  end
  redis.call('ZREM', line, member)
  redis.call('ZREM', heard, member)
end
redis.call('ZADD', slots, now + tonumber(ARGV[4]), member)
return 0
