-- Keep the first value of a field. KEYS: the hash. ARGV: seconds that it is kept, the field, the value.
-- Answers the value that stands there already, if there is one.
local kept = redis.call('HGET', KEYS[1], ARGV[2])
if kept then
  return kept
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[1])
return false
