-- Take the lease where nobody holds it; the server's clock ends it.
-- KEYS: lease, incident's hash. ARGV: milliseconds. Answers the fence, or nothing.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return false
end
local fence = redis.call('HINCRBY', KEYS[2], 'fence', 1)
redis.call('SET', KEYS[1], fence, 'PX', ARGV[1])
return fence
