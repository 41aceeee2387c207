-- Record a refusal once per person, plan, code and minute.
-- KEYS: the mark of that minute, the stream. ARGV: seconds of the mark, longest stream, the refusal.
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then
  return 0
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'refusal', ARGV[3])
return 1
