-- Someone who may not talk here: recorded, and answered a limited number of times. KEYS: refused, out, counter, seen...
-- ARGV: record, delivery or '', limit, counter TTL (s), seen TTL (s), shard.
local wrong = wrong_kind({ stream = { KEYS[1], KEYS[2] }, string = { KEYS[3] } })
if wrong then return wrong end
for index = 4, #KEYS do
  if redis.call('EXISTS', KEYS[index]) == 1 then return 'duplicate' end
end
for index = 4, #KEYS do redis.call('SET', KEYS[index], '1', 'EX', ARGV[5]) end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', 1000, '*', 'd', ARGV[1])
local count = redis.call('INCR', KEYS[3])
if count == 1 then redis.call('EXPIRE', KEYS[3], ARGV[4]) end
if ARGV[2] == '' or count > tonumber(ARGV[3]) then return 'recorded' end
redis.call('XADD', KEYS[2], '*', 'd', ARGV[2])
redis.call('PUBLISH', 'countersign:wake', 'out' .. ARGV[6])
return 'told'
