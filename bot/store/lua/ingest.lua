-- Take one input: deduplicate, append, reschedule. KEYS 10...: the keys that mark it as taken.
-- With opts.birth the first entry is for a new thread and the second for one that exists already.
for index = 10, OWN do
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
for index = 10, OWN do redis.call('SET', KEYS[index], ID, 'EX', opts.seen_ttl) end
local first = apply(entries, true)
reschedule()
if opts.stop then redis.call('PUBLISH', 'countersign:wake', 'stop' .. ID) end
return { exists and 'ok' or 'born', first, first + #entries, NOW }
