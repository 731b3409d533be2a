-- KEYS: the entry, the era. ARGV: the entry without its era, its lifetime in ms.
-- Writes unless a newer version lies there; the same version is written again, because that renews era and lifetime.
local stored = redis.pcall('GET', KEYS[1])
if type(stored) == 'string' and #stored >= 26 and string.byte(stored, 1) == string.byte(ARGV[1], 1) then
  -- Bytes in big-endian order compare as the numbers do, without the 53 bits a Lua number has.
  if string.sub(stored, 2, 9) > string.sub(ARGV[1], 2, 9) then
    return 0
  end
end
local era = tonumber(redis.call('GET', KEYS[2]) or '0')
redis.call('SET', KEYS[1], ARGV[1] .. struct.pack('>i8', era), 'PX', ARGV[2])
return 1
