-- Count a call towards a limit, if it still fits; the same call counts once. KEYS: spent. ARGV: call, amount, limit, TTL (s).
-- Amounts are whole hundredths. An amount of '' takes the call out again.
if ARGV[2] == '' then return redis.call('HDEL', KEYS[1], ARGV[1]) end
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 1 end
local sum = tonumber(ARGV[2])
for _, amount in ipairs(redis.call('HVALS', KEYS[1])) do sum = sum + tonumber(amount) end
if sum > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
