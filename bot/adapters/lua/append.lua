-- One append: everything is checked first, then everything is written.
-- KEYS[1]  the list of entries
-- ARGV[1]  JSON: what is asked (redis_incidents.py, _request)
-- ARGV[2…] the elements to append
-- With "asks" the claims are only judged, at whatever version, and nothing is written.
-- Answers {"ok", length} | {"conflict", length} | {"fenced", granted} |
-- {"refused", code, holder, limit in words, until}.
local ask = cjson.decode(ARGV[1])
local entries = KEYS[1]
local p = ask.prefix
local meta = p .. 'incident:' .. ask.incident
local length = redis.call('LLEN', entries)
local many = #ARGV - 1

-- A retry whose first answer was lost finds its own bytes: that is success.
if many > 0 and length >= ask.version + many then
  local same = redis.call('LRANGE', entries, ask.version, ask.version + many - 1)
  local all = true
  for i = 1, many do
    if same[i] ~= ARGV[i + 1] then
      all = false
      break
    end
  end
  if all then
    -- WAITAOF speaks of this connection's own writes, so a confirmed retry needs one.
    redis.call('HSET', meta, 'confirmed', length)
    return { 'ok', length }
  end
end

if ask.fence then
  local granted = tonumber(redis.call('HGET', meta, 'fence') or '0')
  if granted > ask.fence then
    return { 'fenced', granted }
  end
end

if length ~= ask.version and not ask.asks then
  return { 'conflict', length }
end
if length > 0 and not ask.asks then
  -- The chain goes on from the element that the writer has seen, and from no other.
  local last = redis.call('LINDEX', entries, -1)
  if string.sub(last, 9, 72) ~= ask.before then
    return { 'conflict', length }
  end
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local claims = p .. 'claims'
local owner = {}
local touched = {}
local counted = {}
local rows = {}
for _, claim in ipairs(ask.claims) do
  local key = claim.key
  if claim.kind == 'fail' or claim.kind == 'mend' then
    rows[#rows + 1] = claim
  elseif claim.kind == 'unpaused' then
    if redis.call('HEXISTS', p .. 'pauses', key) == 1 then
      return { 'refused', claim.code, '', claim.title, '' }
    end
  elseif claim.kind == 'steady' then
    local last = redis.call('ZREVRANGE', p .. 'row:' .. key, 0, 0, 'WITHSCORES')[2]
    if last and redis.call('ZCARD', p .. 'row:' .. key) >= claim.limit and tonumber(last) > now - claim.window then
      local over = string.format('%.0f', tonumber(last) + claim.window)
      return { 'refused', claim.code, '', claim.title, over }
    end
  elseif claim.kind == 'count' or claim.kind == 'room' then
    local window = p .. 'window:' .. key
    local since = '(' .. string.format('%.0f', now - claim.window)
    local others = redis.call('ZCOUNT', window, since, '+inf')
    local mine = redis.call('ZSCORE', window, claim.holder)
    if mine and tonumber(mine) > now - claim.window then
      others = others - 1
    end
    local fresh = {}
    for _, earlier in ipairs(counted) do
      if earlier.key == key and earlier.holder ~= claim.holder and not fresh[earlier.holder] and not earlier.mine then
        fresh[earlier.holder] = true
        others = others + 1
      end
    end
    if others >= claim.limit then
      -- There is room again when as many as are too many have left the window; our own plan's never leave.
      local leaves = redis.call(
        'ZRANGEBYSCORE', window, since, '+inf', 'WITHSCORES', 'LIMIT', others - claim.limit, 1
      )[2]
      local over = leaves and string.format('%.0f', tonumber(leaves) + claim.window) or ''
      if claim.window > 31536000000 then
        -- A window of more than a year is a limit for good: nobody is told to wait until its end.
        over = ''
      end
      return { 'refused', claim.code, '', claim.title, over }
    end
    counted[#counted + 1] = {
      key = key,
      only_asked = claim.kind == 'room',
      holder = claim.holder,
      window = claim.window,
      mine = mine and tonumber(mine) > now - claim.window,
    }
  else
    if not touched[key] then
      touched[key] = true
      owner[key] = redis.call('HGET', claims, key)
    end
    if claim.kind == 'take' then
      if owner[key] and owner[key] ~= claim.holder then
        return { 'refused', claim.code, owner[key], '', '' }
      end
      owner[key] = claim.holder
    elseif claim.kind == 'release' then
      if owner[key] == claim.holder then
        owner[key] = false
      end
    else
      return redis.error_reply('ERR unknown kind of claim')
    end
  end
end

if ask.asks then
  return { 'ok', length }
end

-- RPUSH comes first: where memory or disk is full, it is the one that fails, before anything is written.
for i = 1, many do
  redis.call('RPUSH', entries, ARGV[i + 1])
end
for key in pairs(touched) do
  if owner[key] then
    redis.call('HSET', claims, key, owner[key])
  else
    redis.call('HDEL', claims, key)
  end
end
for _, run in ipairs(counted) do
  if not run.only_asked then
    local window = p .. 'window:' .. run.key
    if not run.mine then
      redis.call('ZADD', window, now, run.holder)
    end
    redis.call('ZREMRANGEBYSCORE', window, '-inf', now - run.window)
    redis.call('PEXPIRE', window, run.window)
  end
end
for _, claim in ipairs(rows) do
  local row = p .. 'row:' .. claim.key
  if claim.kind == 'mend' then
    redis.call('DEL', row)
  else
    redis.call('ZADD', row, 'NX', now, claim.holder)
    redis.call('ZREMRANGEBYRANK', row, 0, -101)
    -- 90 days: a failure of last quarter and one of today are no row.
    redis.call('PEXPIRE', row, '7776000000')
  end
end

local before = redis.call('HGET', meta, 'phase')
if before and before ~= ask.phase then
  redis.call('SREM', p .. 'phase:' .. before, ask.incident)
end
redis.call('SADD', p .. 'phase:' .. ask.phase, ask.incident)
redis.call('HSET', meta, 'phase', ask.phase, 'head', ask.head)
if ask.due then
  redis.call('ZADD', p .. 'due', ask.due, ask.incident)
else
  redis.call('ZREM', p .. 'due', ask.incident)
end
if ask.open then
  redis.call('ZADD', p .. 'open', 'NX', ask.opened, ask.incident)
else
  redis.call('ZREM', p .. 'open', ask.incident)
end
if ask.version == 0 then
  redis.call('HSET', p .. 'threads', ask.thread, ask.incident)
end
for _, thread in ipairs(ask.threads) do
  redis.call('HSET', p .. 'threads', thread, ask.incident)
end
for _, fingerprint in ipairs(ask.closed) do
  redis.call('HSET', p .. 'closed', fingerprint, ask.incident)
end
for _, plan in ipairs(ask.plans) do
  redis.call('HSET', p .. 'plans', plan, ask.incident)
end
redis.call('ZADD', p .. 'dirty', now, ask.incident)
redis.call('PUBLISH', p .. 'wake', ask.incident)
return { 'ok', length + many }
