-- One person's answer: compare and append. It was validated against a fold; here only what may have changed since is checked.
-- KEYS 10: grants, 11...: the keys that mark it as taken. opts.granted: standing permission -> copy.
wrong = wrong_kind({ hash = { KEYS[10] } })
if wrong then return wrong end
local open = redis.call('HGET', OPEN, opts.request)
if not open then return { 'closed', 0, number(HEAD, 'version'), NOW } end
local colon = string.find(open, ':', 1, true)
if string.sub(open, 1, colon - 1) ~= opts.digest then return { 'changed', 0, number(HEAD, 'version'), NOW } end
if tonumber(string.sub(open, colon + 1)) <= now then return { 'expired', 0, number(HEAD, 'version'), NOW } end
-- Any entry counts: what is no input may still have shown it elsewhere, and that card must close too.
if redis.call('LLEN', LOG) ~= opts.version then return { 'newer', 0, number(HEAD, 'version'), NOW } end
for index = 11, OWN do
  if redis.call('EXISTS', KEYS[index]) == 1 then return { 'duplicate', 0, 0, NOW } end
end
for index = 11, OWN do redis.call('SET', KEYS[index], ID, 'EX', opts.seen_ttl) end
local entries = entries_from(3)
local first = apply(entries, true)
for grant, copy in pairs(opts.granted or {}) do redis.call('HSET', KEYS[10], grant, copy) end
reschedule()
return { 'ok', first, first + #entries, NOW }
