-- Read accounts. KEYS: the accounts. ARGV: the fields.
local found = {}
for place, account in ipairs(KEYS) do
  found[place] = redis.call('HMGET', account, unpack(ARGV))
end
return found
