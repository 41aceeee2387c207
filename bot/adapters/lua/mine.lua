-- Be the first with a key. KEYS: the key. ARGV: our token, milliseconds. Answers 1, or 0 where another was first.
-- A call whose first answer was lost finds its own token: that is success.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return 1
end
return redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0
