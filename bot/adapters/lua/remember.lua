-- Put an approved text of the memory in the place of the one it was made for; nothing where another is there.
-- KEYS: memory (a hash), log. ARGV: the hash that must be in force, the file's hash now, the new hash, the row.
local current, file = unpack(redis.call('HMGET', KEYS[1], 'current', 'file'))
local there = ARGV[2]
if current and (ARGV[2] == file or ARGV[2] == current) then
  there = current
end
if there == ARGV[3] then
  return 2
end
if there ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'current', ARGV[3], 'file', ARGV[2])
redis.call('RPUSH', KEYS[2], ARGV[4])
return 1
