-- Whose time has come, earliest first, with their versions; with a prefix of leases, only those that
-- nobody walks now. KEYS: due. ARGV: now, limit, prefix of entries, prefix of leases (or nothing).
local most = tonumber(ARGV[2])
local reach = most
if ARGV[4] ~= '' then
  reach = most + 1000
end
local names = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, reach)
local found = {}
for _, name in ipairs(names) do
  if #found == most then
    break
  end
  if ARGV[4] == '' or redis.call('EXISTS', ARGV[4] .. name) == 0 then
    found[#found + 1] = { name, redis.call('LLEN', ARGV[3] .. name) }
  end
end
return found
