-- Keep a raw event once. KEYS: the event, unfinished. ARGV: key, token and body, seconds, length of the token.
-- Answers 1, or 0 if kept before; a call whose first answer was lost finds its own token: that is success.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if not redis.call('SET', KEYS[1], ARGV[2], 'NX', 'EX', ARGV[3]) then
  local mine = string.sub(ARGV[2], 1, tonumber(ARGV[4]))
  return string.sub(redis.call('GET', KEYS[1]), 1, tonumber(ARGV[4])) == mine and 1 or 0
end
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[3]) * 1000)
return 1
