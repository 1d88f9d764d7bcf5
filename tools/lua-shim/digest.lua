-- MD5, SHA-1, SHA-256 and HMAC in plain Lua (arithmetic only). Every function
-- takes byte strings and gives the digest as upper-case hexadecimal text, as
-- the modules' crypto libraries do.

local use = ...
local bits = use('bits')
local band, bor, bxor, bnot = bits.band, bits.bor, bits.bxor, bits.bnot
local rol, rshift = bits.rol, bits.rshift

local digest = {}
local two32 = 4294967296

local function word(n, big)
  local out = {}
  for i = 1, 4 do
    out[i] = string.char(math.floor(n % 256))
    n = (n - n % 256) / 256
  end
  if big then return out[4] .. out[3] .. out[2] .. out[1] end
  return table.concat(out)
end

local function padded(text, big)
  local size = #text * 8
  local low, high = size % two32, math.floor(size / two32)
  local tail = big and word(high, true) .. word(low, true) or word(low) .. word(high)
  return text .. '\128' .. string.rep('\0', (55 - #text) % 64) .. tail
end

local function words(text, at, big)
  local w = {}
  for i = 0, 15 do
    local a, b, c, d = text:byte(at + i * 4, at + i * 4 + 3)
    if big then a, b, c, d = d, c, b, a end
    w[i] = a + b * 256 + c * 65536 + d * 16777216
  end
  return w
end

local sines = {}
for i = 1, 64 do sines[i] = math.floor(math.abs(math.sin(i)) * two32) end
local turns = { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } }

local function md5(text)
  local A, B, C, D = 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476
  text = padded(text)
  for at = 1, #text, 64 do
    local w = words(text, at)
    local a, b, c, d = A, B, C, D
    for i = 0, 63 do
      local round = math.floor(i / 16)
      local f, g
      if round == 0 then
        f, g = bor(band(b, c), band(bnot(b), d)), i
      elseif round == 1 then
        f, g = bor(band(d, b), band(bnot(d), c)), (5 * i + 1) % 16
      elseif round == 2 then
        f, g = bxor(bxor(b, c), d), (3 * i + 5) % 16
      else
        f, g = bxor(c, bor(b, bnot(d))), (7 * i) % 16
      end
      local sum = (a + f + sines[i + 1] + w[g]) % two32
      a, d, c, b = d, c, b, (b + rol(sum, turns[round + 1][i % 4 + 1])) % two32
    end
    A, B, C, D = (A + a) % two32, (B + b) % two32, (C + c) % two32, (D + d) % two32
  end
  return word(A) .. word(B) .. word(C) .. word(D)
end

local function sha1(text)
  local h = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 }
  text = padded(text, true)
  for at = 1, #text, 64 do
    local w = words(text, at, true)
    for i = 16, 79 do
      w[i] = rol(bxor(bxor(w[i - 3], w[i - 8]), bxor(w[i - 14], w[i - 16])), 1)
    end
    local a, b, c, d, e = h[1], h[2], h[3], h[4], h[5]
    for i = 0, 79 do
      local f, k
      if i < 20 then
        f, k = bor(band(b, c), band(bnot(b), d)), 0x5a827999
      elseif i < 40 then
        f, k = bxor(bxor(b, c), d), 0x6ed9eba1
      elseif i < 60 then
        f, k = bor(bor(band(b, c), band(b, d)), band(c, d)), 0x8f1bbcdc
      else
        f, k = bxor(bxor(b, c), d), 0xca62c1d6
      end
      local sum = (rol(a, 5) + f + e + k + w[i]) % two32
      a, b, c, d, e = sum, a, rol(b, 30), c, d
    end
    local add = { a, b, c, d, e }
    for i = 1, 5 do h[i] = (h[i] + add[i]) % two32 end
  end
  for i = 1, 5 do h[i] = word(h[i], true) end
  return table.concat(h)
end

-- The first 32 bits of the fractional parts of roots of the first primes.
local cubes, squares = {}, {}
do
  local n = 2
  while #cubes < 64 do
    local prime = true
    for d = 2, math.floor(math.sqrt(n)) do
      if n % d == 0 then prime = false end
    end
    if prime then
      local cube = n ^ (1 / 3)
      cubes[#cubes + 1] = math.floor((cube - math.floor(cube)) * two32)
      local square = math.sqrt(n)
      squares[#squares + 1] = math.floor((square - math.floor(square)) * two32)
    end
    n = n + 1
  end
end

local function ror(a, n) return rol(a, 32 - n) end

local function sha256(text)
  local h = {}
  for i = 1, 8 do h[i] = squares[i] end
  text = padded(text, true)
  for at = 1, #text, 64 do
    local w = words(text, at, true)
    for i = 16, 63 do
      local x, y = w[i - 15], w[i - 2]
      local s0 = bxor(bxor(ror(x, 7), ror(x, 18)), rshift(x, 3))
      local s1 = bxor(bxor(ror(y, 17), ror(y, 19)), rshift(y, 10))
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) % two32
    end
    local v = {}
    for i = 1, 8 do v[i] = h[i] end
    for i = 0, 63 do
      local a, e = v[1], v[5]
      local s1 = bxor(bxor(ror(e, 6), ror(e, 11)), ror(e, 25))
      local choice = bxor(band(e, v[6]), band(bnot(e), v[7]))
      local t1 = v[8] + s1 + choice + cubes[i + 1] + w[i]
      local s0 = bxor(bxor(ror(a, 2), ror(a, 13)), ror(a, 22))
      local most = bxor(bxor(band(a, v[2]), band(a, v[3])), band(v[2], v[3]))
      local t2 = s0 + most
      v[8], v[7], v[6], v[5] = v[7], v[6], e, (v[4] + t1) % two32
      v[4], v[3], v[2], v[1] = v[3], v[2], a, (t1 + t2) % two32
    end
    for i = 1, 8 do h[i] = (h[i] + v[i]) % two32 end
  end
  for i = 1, 8 do h[i] = word(h[i], true) end
  return table.concat(h)
end

local function hex(raw)
  return (raw:gsub('.', function(c) return string.format('%02X', c:byte()) end))
end

local function flip(key, with)
  return (key:gsub('.', function(c) return string.char(math.floor(bxor(c:byte(), with))) end))
end

local function hmac(hash, text, key)
  if #key > 64 then key = hash(key) end
  key = key .. string.rep('\0', 64 - #key)
  return hash(flip(key, 0x5c) .. hash(flip(key, 0x36) .. text))
end

for name, hash in pairs({ md5 = md5, sha1 = sha1, sha256 = sha256 }) do
  digest[name] = function(text) return hex(hash(text)) end
  digest['hmac_' .. name] = function(text, key) return hex(hmac(hash, text, key)) end
end

-- n random bytes.
function digest.random(n)
  local file = assert(io.open('/dev/urandom', 'rb'))
  local bytes = file:read(n)
  file:close()
  return bytes
end

return digest
