-- Take one thread of a shard: an expired lease or a due one, by turns. KEYS: due, leases.
-- ARGV: key prefix of threads, nonce, lease (us), which kind first (`due` or `expired`).
local DUE, LEASES = KEYS[1], KEYS[2]
local wrong = wrong_kind({ zset = { DUE, LEASES } })
if wrong then return wrong end
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local upto = string.format('%.0f', now)

local function first(key)
  return redis.call('ZRANGEBYSCORE', key, '-inf', upto, 'LIMIT', 0, 1)[1]
end

local kinds = ARGV[4] == 'due' and { DUE, LEASES } or { LEASES, DUE }
local id = first(kinds[1])
local from = kinds[1]
if not id then
  id = first(kinds[2])
  from = kinds[2]
end
if not id then
  local next = redis.call('ZRANGE', DUE, 0, 0, 'WITHSCORES')
  return { '', next[2] or '' }
end
local base = ARGV[1] .. id
local lease = base .. ':lease'
wrong = wrong_kind({ hash = { lease }, list = { base .. ':log' } })
if wrong then return wrong end
local epoch = string.format('%.0f', math.max((tonumber(redis.call('HGET', lease, 'epoch') or '') or 0) + 1, now))
local attempts = redis.call('HINCRBY', lease, 'attempts', 1)
redis.call('HSET', lease, 'epoch', epoch, 'nonce', ARGV[2])
redis.call('HDEL', lease, 'seq', 'first', 'last', 'at')
redis.call('ZREM', DUE, id)
redis.call('ZADD', LEASES, string.format('%.0f', now + tonumber(ARGV[3])), id)
local version = redis.call('LLEN', base .. ':log')
return { id, epoch, attempts, version, upto, from == LEASES and 1 or 0 }
