-- Give a slot or a place back.
-- KEYS  slots, line, heard
-- ARGV  member
-- Answers the member that is next in line, or nothing.
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return redis.call('ZRANGE', KEYS[2], 0, 0)[1]
