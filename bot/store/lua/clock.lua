-- The server's time (us). KEYS: any of the shard, so that a cluster asks the server that has it.
local clock = redis.call('TIME')
return string.format('%.0f', clock[1] * 1000000 + clock[2])
