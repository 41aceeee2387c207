-- Take the mark away if nothing has changed. KEYS: dirty, progress, entries. ARGV: incident, version, number.
if redis.call('LLEN', KEYS[3]) ~= tonumber(ARGV[2]) then
  return 0
end
if tonumber(redis.call('HGET', KEYS[2], 'number') or '0') ~= tonumber(ARGV[3]) then
  return 0
end
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
