-- Take one input: deduplicate, append, reschedule. KEYS 10...: the keys that mark it as taken.
-- With opts.birth the first entry is for a new thread and the second for one that exists already.
-- With opts.listed, KEYS 10 lists the threads of whoever wrote, the newest so many of them; the marks begin at KEYS 11.
local MARKS = opts.listed and 11 or 10
wrong = opts.listed and wrong_kind({ zset = { KEYS[10] } })
if wrong then return wrong end
for index = MARKS, OWN do
  if redis.call('EXISTS', KEYS[index]) == 1 then return { 'duplicate', 0, 0, NOW } end
end
local exists = redis.call('EXISTS', LOG) == 1
local entries = entries_from(3)
if opts.birth then
  if exists then
    entries = { entries[2] }
    opts.head = {}
  else
    entries = { entries[1] }
  end
elseif not exists then
  return { 'absent', 0, 0, NOW }
end
if opts.expect and tonumber(opts.expect) ~= number(HEAD, 'input_version') then
  return { 'newer', 0, number(HEAD, 'version'), NOW }
end
for index = MARKS, OWN do redis.call('SET', KEYS[index], ID, 'EX', opts.seen_ttl) end
if opts.listed then
  redis.call('ZADD', KEYS[10], NOW, ID)
  redis.call('ZREMRANGEBYRANK', KEYS[10], 0, -opts.listed - 1)
  redis.call('EXPIRE', KEYS[10], opts.seen_ttl)
end
local first = apply(entries, true)
reschedule()
if opts.stop then redis.call('PUBLISH', 'countersign:wake', 'stop' .. ID) end
return { exists and 'ok' or 'born', first, first + #entries, NOW }
