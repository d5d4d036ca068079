-- Append what informs and never moves a thread.
if redis.call('EXISTS', LOG) == 0 then return { 'absent', 0, 0, NOW } end
local entries = entries_from(3)
local first = apply(entries, false)
return { 'ok', first, first + #entries, NOW }
