-- Move a channel's newest message forward, never back. KEYS: hash. ARGV: channel, ts.
-- A ts has more digits than a Lua number holds: compare whole seconds first, then the fraction as text.
local function parts(ts)
  local seconds, fraction = string.match(ts, '^(%d+)%.?(%d*)$')
  return tonumber(seconds or '0'), fraction or ''
end
local before = redis.call('HGET', KEYS[1], ARGV[1])
if before then
  local old, old_fraction = parts(before)
  local new, new_fraction = parts(ARGV[2])
  if new < old or (new == old and new_fraction <= old_fraction) then
    return 0
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
