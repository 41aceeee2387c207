-- Charge accounts. KEYS: the accounts. ARGV: seconds that they are kept, then pairs of field and amount.
for _, account in ipairs(KEYS) do
  for place = 2, #ARGV, 2 do
    redis.call('HINCRBY', account, ARGV[place], ARGV[place + 1])
  end
  redis.call('EXPIRE', account, ARGV[1])
end
return #KEYS
