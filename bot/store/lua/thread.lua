-- Shared beginning of the scripts that change one thread.
-- KEYS 1-9: log, head, lease, open, due, leases, out, recent, pending (all in one slot). ARGV 1: thread id, 2: options (JSON), 3...: entries.
local LOG, HEAD, LEASE, OPEN, DUE, LEASES, OUT, RECENT, PENDING = unpack(KEYS, 1, 9)
local ID = ARGV[1]
local opts = cjson.decode(ARGV[2])
local clock = redis.call('TIME')
local NOW = string.format('%.0f', clock[1] * 1000000 + clock[2])
local now = tonumber(NOW)

local function number(key, field)
  return tonumber(redis.call('HGET', key, field) or '') or 0
end

-- Leased threads stay with their worker; paused ones rest; all others are due at their timer, or now if input is unseen.
local function schedule(id, head_key, lease_key)
  if redis.call('HEXISTS', lease_key, 'nonce') == 1 then return end
  local head = redis.call('HMGET', head_key, 'paused', 'input_version', 'seen', 'timer', 'backoff')
  local at = nil
  if head[1] ~= '1' then
    if (tonumber(head[2] or '') or 0) > (tonumber(head[3] or '') or 0) then at = now end
    local timer = tonumber(head[4] or '')
    if timer and (not at or timer < at) then at = timer end
  end
  if not at then
    redis.call('ZREM', DUE, id)
    return
  end
  at = math.max(at, tonumber(head[5] or '') or 0)
  redis.call('ZADD', DUE, string.format('%.0f', at), id)
  if at <= now then redis.call('PUBLISH', 'countersign:wake', string.sub(id, 1, 2)) end
end

local function reschedule()
  schedule(ID, HEAD, LEASE)
end

-- opts.also: other threads of this shard, each with three keys of its own (log, head, lease) at the end of KEYS.
-- Each gets an input, or with `birth` begins by it: then only if it is not there yet, else only if it is.
local also = opts.also or {}
local OWN = #KEYS - 3 * #also -- KEYS up to here are the script's own

local function tell_others()
  for index, other in ipairs(also) do
    local log, head, lease = unpack(KEYS, OWN + 3 * index - 2, OWN + 3 * index)
    if (redis.call('EXISTS', log) == 1) ~= (other.birth == true) then
      for _, entry in ipairs(other.entries) do
        redis.call('RPUSH', log, '{"at":' .. NOW .. ',' .. string.sub(entry, 2))
      end
      local version = redis.call('LLEN', log)
      redis.call('HSET', head, 'version', version, 'input_version', version, 'at', NOW)
      for field, value in pairs(other.head or {}) do redis.call('HSET', head, field, value) end
      redis.call('ZADD', RECENT, NOW, other.thread)
      schedule(other.thread, head, lease)
    end
  end
end

-- Append the entries and what goes with them; returns the index of the first one.
local function apply(entries, is_input)
  local first = redis.call('LLEN', LOG)
  for _, entry in ipairs(entries) do
    redis.call('RPUSH', LOG, '{"at":' .. NOW .. ',' .. string.sub(entry, 2))
  end
  local version = first + #entries
  redis.call('HSET', HEAD, 'version', version, 'at', NOW)
  if is_input then redis.call('HSET', HEAD, 'input_version', version) end
  for field, value in pairs(opts.head or {}) do redis.call('HSET', HEAD, field, value) end
  for request, facts in pairs(opts.opened or {}) do
    redis.call('HSET', OPEN, request, facts)
    redis.call('HSET', PENDING, request, ID)
  end
  local closed = opts.closed or {}
  if opts.close_all then closed = redis.call('HKEYS', OPEN) end
  for _, request in ipairs(closed) do
    redis.call('HDEL', OPEN, request)
    redis.call('HDEL', PENDING, request)
  end
  for _, delivery in ipairs(opts.out or {}) do redis.call('XADD', OUT, '*', 'd', delivery) end
  if #(opts.out or {}) > 0 then redis.call('PUBLISH', 'countersign:wake', 'out' .. string.sub(ID, 1, 2)) end
  redis.call('ZADD', RECENT, NOW, ID)
  tell_others()
  return first
end

local function entries_from(start)
  local entries = {}
  for index = start, #ARGV do entries[#entries + 1] = ARGV[index] end
  return entries
end

local wrong = wrong_kind({
  list = { LOG }, hash = { HEAD, LEASE, OPEN, PENDING }, zset = { DUE, LEASES, RECENT }, stream = { OUT },
})
for index = OWN + 1, #KEYS, 3 do
  wrong = wrong or wrong_kind({ list = { KEYS[index] }, hash = { KEYS[index + 1], KEYS[index + 2] } })
end
if wrong then return wrong end
