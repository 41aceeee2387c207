-- Write an incident's indices and claims anew, as its entries say; nothing where it moved on meanwhile.
-- KEYS[1]  the list of entries
-- ARGV[1]  JSON: what is asked (rebuild.py)
-- Answers {"ok"} | {"moved"} | {"claimed", key, holder}.
local ask = cjson.decode(ARGV[1])
local p = ask.prefix
local meta = p .. 'incident:' .. ask.incident
if redis.call('LLEN', KEYS[1]) ~= ask.version then
  return { 'moved' }
end

local claims = p .. 'claims'
local mine = {}
for _, key in ipairs(ask.held) do
  local holder = redis.call('HGET', claims, key)
  if holder and holder ~= ask.incident then
    return { 'claimed', key, holder }
  end
  mine[key] = true
end
local all = redis.call('HGETALL', claims)
for i = 1, #all, 2 do
  if all[i + 1] == ask.incident and not mine[all[i]] then
    redis.call('HDEL', claims, all[i])
  end
end
for key in pairs(mine) do
  redis.call('HSET', claims, key, ask.incident)
end
for _, run in ipairs(ask.runs) do
  local window = p .. 'window:' .. run.key
  redis.call('ZADD', window, 'NX', run.at, run.holder)
  redis.call('PEXPIRE', window, run.window)
end

-- Rows come from several incidents in any order: what is older than the last good execution is left out.
for _, mended in ipairs(ask.mended) do
  if mended.at > tonumber(redis.call('GET', p .. 'mended:' .. mended.key) or '0') then
    redis.call('SET', p .. 'mended:' .. mended.key, string.format('%.0f', mended.at), 'EX', '3600')
    redis.call('ZREMRANGEBYSCORE', p .. 'row:' .. mended.key, '-inf', mended.at)
  end
end
for _, failed in ipairs(ask.failed) do
  if failed.at > tonumber(redis.call('GET', p .. 'mended:' .. failed.key) or '0') then
    redis.call('ZADD', p .. 'row:' .. failed.key, 'NX', failed.at, failed.holder)
    redis.call('PEXPIRE', p .. 'row:' .. failed.key, '7776000000')
  end
end

for _, phase in ipairs(ask.phases) do
  redis.call('SREM', p .. 'phase:' .. phase, ask.incident)
end
redis.call('SADD', p .. 'phase:' .. ask.phase, ask.incident)
redis.call('HSET', meta, 'phase', ask.phase, 'head', ask.head)
if tonumber(redis.call('HGET', meta, 'fence') or '0') < ask.fence then
  redis.call('HSET', meta, 'fence', ask.fence)
end
if ask.due then
  redis.call('ZADD', p .. 'due', ask.due, ask.incident)
else
  redis.call('ZREM', p .. 'due', ask.incident)
end
if ask.open then
  redis.call('ZADD', p .. 'open', ask.opened, ask.incident)
else
  redis.call('ZREM', p .. 'open', ask.incident)
end
redis.call('HSET', p .. 'threads', ask.thread, ask.incident)
for _, thread in ipairs(ask.threads) do
  redis.call('HSET', p .. 'threads', thread, ask.incident)
end
for _, fingerprint in ipairs(ask.closed) do
  redis.call('HSET', p .. 'closed', fingerprint, ask.incident)
end
for _, plan in ipairs(ask.plans) do
  redis.call('HSET', p .. 'plans', plan, ask.incident)
end
redis.call('ZADD', p .. 'dirty', ask.now, ask.incident)
redis.call('PUBLISH', p .. 'wake', ask.incident)
return { 'ok' }
