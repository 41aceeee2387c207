-- Hold a lease or a turn longer. KEYS: the key. ARGV: its value, milliseconds. Answers 1, or 0 where it is lost.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
