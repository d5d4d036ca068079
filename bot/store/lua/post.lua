-- Lay a delivery that belongs to no thread into the outbox, once. KEYS: out, seen. ARGV: delivery, seen TTL (s), shard.
local wrong = wrong_kind({ stream = { KEYS[1] }, string = { KEYS[2] } })
if wrong then return wrong end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'duplicate' end
redis.call('SET', KEYS[2], '1', 'EX', ARGV[2])
redis.call('XADD', KEYS[1], '*', 'd', ARGV[1])
redis.call('PUBLISH', 'countersign:wake', 'out' .. ARGV[3])
return 'ok'
