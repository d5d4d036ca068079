-- The provider asks everybody to wait: until then nothing is sent, and after it first one and not many at once.
-- KEYS: a limit each (pace.lua). ARGV: for how long (us), then two a limit: the time for one (us), how many at once.
local wrong = wrong_kind({ string = KEYS })
if wrong then return wrong end
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
for i, key in ipairs(KEYS) do
  local all = now + ARGV[1] + (ARGV[2 * i + 1] - 1) * ARGV[2 * i]
  if all > (tonumber(redis.call('GET', key) or '') or 0) then
    redis.call('SET', key, string.format('%.0f', all), 'PX', math.ceil((all - now) / 1000))
  end
end
