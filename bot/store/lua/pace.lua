-- Whether something may be sent now: 0, and it counts towards each limit; or after how many us to ask again, and nothing counts.
-- KEYS: a limit each. ARGV, three a limit: the time for one (us), how many at once, for how many this counts.
-- A limit holds the time (us) at which all that counted so far would be used up (GCRA); it is forgotten then.
local wrong = wrong_kind({ string = KEYS })
if wrong then return wrong end
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local wait = 0
local used = {}
for i, key in ipairs(KEYS) do
  used[i] = math.max(tonumber(redis.call('GET', key) or '') or 0, now)
  wait = math.max(wait, used[i] - now - (ARGV[3 * i - 1] - 1) * ARGV[3 * i - 2])
end
if wait > 0 then return math.ceil(wait) end
for i, key in ipairs(KEYS) do
  local all = used[i] + ARGV[3 * i] * ARGV[3 * i - 2]
  if all > now then redis.call('SET', key, string.format('%.0f', all), 'PX', math.ceil((all - now) / 1000)) end
end
return 0
