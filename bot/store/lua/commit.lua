-- What a worker decided or found out, under its lease. A decision must have seen the newest input.
local lease = redis.call('HMGET', LEASE, 'epoch', 'nonce', 'seq', 'first', 'last', 'at')
if lease[1] ~= opts.epoch or lease[2] ~= opts.nonce then
  -- A repeated release: the first try went through, and its answer was lost.
  if lease[1] == opts.epoch and not lease[2] and lease[3] == opts.seq then
    return { 'ok', tonumber(lease[4]), tonumber(lease[5]), lease[6] }
  end
  return { 'stale', 0, number(HEAD, 'version'), NOW }
end
if lease[3] == opts.seq then return { 'ok', tonumber(lease[4]), tonumber(lease[5]), lease[6] } end
if opts.decides and number(HEAD, 'input_version') > opts.basis then
  return { 'newer', 0, number(HEAD, 'version'), NOW }
end
if opts.grant then -- KEYS 10: grants. opts.grant: a standing permission and its copy, which begins with its end (us)
  wrong = wrong_kind({ hash = { KEYS[10] } })
  if wrong then return wrong end
  local copy = redis.call('HGET', KEYS[10], opts.grant[1])
  if copy ~= opts.grant[2] or tonumber(string.match(copy, '^%d+')) <= now then
    return { 'revoked', 0, number(HEAD, 'version'), NOW }
  end
end
local entries = entries_from(3)
local first = redis.call('LLEN', LOG)
if #entries > 0 or opts.out or opts.also then first = apply(entries, false) end
local last = first + #entries
redis.call('HSET', LEASE, 'seq', opts.seq, 'first', first, 'last', last, 'at', NOW)
if opts.progress then redis.call('HSET', LEASE, 'attempts', 0) end
if opts.release then
  if opts.uncounted and number(LEASE, 'attempts') > 0 then redis.call('HINCRBY', LEASE, 'attempts', -1) end
  redis.call('HDEL', LEASE, 'nonce')
  redis.call('ZREM', LEASES, ID)
  redis.call('HSET', HEAD, 'seen', opts.basis, 'timer', opts.timer or '', 'backoff', opts.backoff or '')
  for field, value in pairs(opts.head or {}) do redis.call('HSET', HEAD, field, value) end
  reschedule()
else
  redis.call('ZADD', LEASES, string.format('%.0f', now + opts.lease_us), ID)
end
return { 'ok', first, last, NOW }
