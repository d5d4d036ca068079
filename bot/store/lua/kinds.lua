-- Shared beginning of all scripts. A script error does not roll back: refuse a key of a wrong type before the first write.
local function wrong_kind(expected)
  for kind, keys in pairs(expected) do
    for _, key in ipairs(keys) do
      local found = redis.call('TYPE', key).ok
      if found ~= 'none' and found ~= kind then
        return redis.error_reply('WRONGKIND ' .. key .. ' is a ' .. found .. ', not a ' .. kind)
      end
    end
  end
end
