-- Give a lease or a turn back. KEYS: the key. ARGV: its value. Answers 1, or 0 where it is lost.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
