-- Write something, so that WAITAOF on this connection speaks of everything that was written before.
-- KEYS[1]  the incident's hash
redis.call('HINCRBY', KEYS[1], 'confirmed', 1)
return 1
