-- KEYS: the era, then the entries. ARGV: their lifetime in ms, then each entry without its era.
-- Writes unless a newer version lies there; the same version is written again, because that renews era and lifetime.
local era = struct.pack('>i8', tonumber(redis.call('GET', KEYS[1]) or '0'))
for i = 2, #KEYS do
  local entry = ARGV[i]
  local stored = redis.pcall('GET', KEYS[i])
  -- Bytes in big-endian order compare as the numbers do, without the 53 bits a Lua number has.
  if type(stored) ~= 'string' or #stored < 26 or string.byte(stored, 1) ~= string.byte(entry, 1)
      or string.sub(stored, 2, 9) <= string.sub(entry, 2, 9) then
    redis.call('SET', KEYS[i], entry .. era, 'PX', ARGV[1])
  end
end
return #KEYS - 1
