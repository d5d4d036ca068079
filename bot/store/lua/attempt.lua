-- Before a delivery is sent: the sender must still hold the shard, and the request it is about must be open.
-- KEYS: out lease, out state, open, out. ARGV: token, delivery id, request or '', entry (stream id).
-- The attempt is recorded before the call.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return { 'lost', 0 } end
-- One that lost the shard since it read this, and has it again, does not send what another one settled meanwhile.
if #redis.call('XRANGE', KEYS[4], ARGV[4], ARGV[4]) == 0 then return { 'lost', 0 } end
if ARGV[3] ~= '' and redis.call('HEXISTS', KEYS[3], ARGV[3]) == 0 then
  local before = tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '') or 0
  if before > 0 then redis.call('HINCRBY', KEYS[2], ARGV[2], 1) end -- one of them may have shown it: it is looked up
  return { 'void', before }
end
return { 'ok', redis.call('HINCRBY', KEYS[2], ARGV[2], 1) }
