-- Whose time has come, earliest first, with their versions. KEYS: due. ARGV: now, limit, prefix of entries.
local names = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
local found = {}
for i, name in ipairs(names) do
  found[i] = { name, redis.call('LLEN', ARGV[3] .. name) }
end
return found
