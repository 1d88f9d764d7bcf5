-- Bit operations by arithmetic, the same on Lua 5.1 and 5.3. Results are
-- unsigned 32-bit numbers.

local bits = {}
local two32 = 4294967296

local nibble = {}
for a = 0, 15 do
  for b = 0, 15 do
    local value, x, y = 0, a, b
    for power = 0, 3 do
      if x % 2 == 1 and y % 2 == 1 then value = value + 2 ^ power end
      x, y = math.floor(x / 2), math.floor(y / 2)
    end
    nibble[a * 16 + b] = math.floor(value)
  end
end

function bits.band(a, b)
  a, b = a % two32, b % two32
  local value, weight = 0, 1
  for _ = 1, 8 do
    local x, y = a % 16, b % 16
    value = value + nibble[x * 16 + y] * weight
    weight = weight * 16
    a, b = (a - x) / 16, (b - y) / 16
  end
  return value
end

function bits.bor(a, b)
  a, b = a % two32, b % two32
  return a + b - bits.band(a, b)
end

function bits.bxor(a, b)
  a, b = a % two32, b % two32
  return a + b - 2 * bits.band(a, b)
end

function bits.bnot(a)
  return two32 - 1 - a % two32
end

function bits.lshift(a, n)
  return (a % two32) * 2 ^ n % two32
end

function bits.rshift(a, n)
  return math.floor((a % two32) / 2 ^ n)
end

function bits.rol(a, n)
  return bits.lshift(a, n) + bits.rshift(a, 32 - n)
end

return bits
