-- A delivery is sent or given up. KEYS 10: out lease, 11: out state, 12: sent, 13: dead, 14: gathered.
-- opts: token, entry (stream id), delivery (id), foreign (provider's id) or dead (reason and delivery), gathered, seen_ttl.
wrong = wrong_kind({ string = { KEYS[10], KEYS[12] }, hash = { KEYS[11] }, stream = { KEYS[13] } })
if opts.gathered then wrong = wrong or wrong_kind({ string = { KEYS[14] } }) end
if wrong then return wrong end
if redis.call('GET', KEYS[10]) ~= opts.token then return { 'lost', 0, 0, NOW } end
-- One that slept while another sender settled this, and has the shard again since, brings nothing new.
if redis.call('XDEL', OUT, opts.entry) == 0 then return { 'lost', 0, 0, NOW } end
redis.call('HDEL', KEYS[11], opts.delivery)
if opts.foreign then redis.call('SET', KEYS[12], opts.foreign, 'EX', opts.seen_ttl) end
if opts.gathered == '' then
  redis.call('DEL', KEYS[14])
elseif opts.gathered then
  redis.call('SET', KEYS[14], opts.gathered, 'EX', opts.seen_ttl)
end
if opts.dead then redis.call('XADD', KEYS[13], '*', 'reason', opts.reason, 'd', opts.dead) end
local entries = entries_from(3)
local first = 0
if redis.call('EXISTS', LOG) == 1 then first = apply(entries, false) end
return { 'ok', first, first + #entries, NOW }
