-- Keep the first value of a field and charge accounts for it; an amount of nothing writes nothing.
-- KEYS: the hash of the journal, then the accounts. ARGV: seconds that a journal is kept, seconds that an
-- account is kept, the field, its value, the names of an account's fields, and as many amounts, in one word each.
-- Answers the value that stands there already (or false), and the amounts of each account afterwards, in one word.
local journal, field = KEYS[1], ARGV[3]
local kept = redis.call('HGET', journal, field)
if not kept then
  redis.call('HSET', journal, field, ARGV[4])
  redis.call('EXPIRE', journal, ARGV[1])
end
local fields, amounts, rows = {}, {}, {}
for name in string.gmatch(ARGV[5], '%S+') do
  fields[#fields + 1] = name
end
for amount in string.gmatch(ARGV[6], '%S+') do
  amounts[#amounts + 1] = amount
end
for account = 2, #KEYS do
  local charged = false
  for place, amount in ipairs(amounts) do
    if amount ~= '0' then
      redis.call('HINCRBY', KEYS[account], fields[place], amount)
      charged = true
    end
  end
  if charged then
    redis.call('EXPIRE', KEYS[account], ARGV[2])
  end
  local row = redis.call('HMGET', KEYS[account], unpack(fields))
  for place = 1, #fields do
    row[place] = row[place] or '0'
  end
  rows[account - 1] = table.concat(row, ' ')
end
return {kept, rows}
