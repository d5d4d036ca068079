-- Keep a lease. KEYS: lease, leases, head. ARGV: thread id, epoch, nonce, lease (us).
-- Returns 0 if it is lost; else 1, whether the thread is to stop, and the version of its newest input.
local wrong = wrong_kind({ hash = { KEYS[1], KEYS[3] }, zset = { KEYS[2] } })
if wrong then return wrong end
local lease = redis.call('HMGET', KEYS[1], 'epoch', 'nonce')
if lease[1] ~= ARGV[2] or lease[2] ~= ARGV[3] then return { 0, 0, 0 } end
local clock = redis.call('TIME')
redis.call('ZADD', KEYS[2], string.format('%.0f', clock[1] * 1000000 + clock[2] + tonumber(ARGV[4])), ARGV[1])
local head = redis.call('HMGET', KEYS[3], 'paused', 'cancelled', 'input_version')
return { 1, (head[1] == '1' or head[2] == '1') and 1 or 0, tonumber(head[3] or '') or 0 }
