-- Pause or resume a scope and keep the history in the same write.
-- KEYS: pauses, the stream. ARGV: scope, the pause (empty to resume), longest stream, the line of history.
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'pause', ARGV[4])
return 1
