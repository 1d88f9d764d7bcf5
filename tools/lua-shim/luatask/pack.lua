-- pack.pack and pack.unpack (lpack) of LuaTask, as far as protocols use them.
--
--   > < =  byte order (big, little, little)   b c  one byte
--   h H    two bytes, signed and unsigned     i I l L  four bytes
--   p P    text with a length of one, two bytes
--   z      text with a zero at the end        A    text as it is
-- A number after a letter repeats it; after A, in unpack, it is the length
-- (all the rest without one). unpack gives the next position first, and stops
-- early, without an error, when the data end.

local pack = {}
local sizes = { b = 1, c = 1, h = 2, H = 2, i = 4, I = 4, l = 4, L = 4 }
local signed = { c = true, h = true, i = true, l = true }

local function number(value, size, big)
  value = math.floor(value)
  local out = {}
  for i = 1, size do
    out[i] = string.char(math.floor(value % 256))
    value = math.floor(value / 256)
  end
  local text = table.concat(out)
  return big and text:reverse() or text
end

local function value(text, big, negative)
  if not big then text = text:reverse() end
  local n = 0
  for i = 1, #text do n = n * 256 + text:byte(i) end
  local limit = math.floor(256 ^ #text)
  if negative and n >= limit / 2 then n = n - limit end
  return n
end

local function letters(format)
  local list, big = {}, false
  for letter, times in format:gmatch('(%S)(%d*)') do
    if letter == '>' then
      big = true
    elseif letter == '<' or letter == '=' then
      big = false
    else
      list[#list + 1] = { letter = letter, times = tonumber(times), big = big }
    end
  end
  return list
end

local function packOne(item, data)
  local letter = item.letter
  if sizes[letter] then return number(data, sizes[letter], item.big) end
  data = tostring(data)
  if letter == 'A' then return data end
  if letter == 'p' then return number(#data, 1) .. data end
  if letter == 'P' then return number(#data, 2, item.big) .. data end
  if letter == 'z' then return data .. '\0' end
  error("invalid format '" .. letter .. "'", 3)
end

function pack.pack(format, ...)
  local out, at = {}, 0
  for _, item in ipairs(letters(format)) do
    for _ = 1, item.times or 1 do
      at = at + 1
      local data = select(at, ...)
      assert(data ~= nil, 'pack: a value is missing')
      out[#out + 1] = packOne(item, data)
    end
  end
  return table.concat(out)
end

local function unpackOne(text, item, at)
  local letter = item.letter
  local size = sizes[letter]
  if size then
    if at + size - 1 > #text then return nil end
    return at + size, value(text:sub(at, at + size - 1), item.big, signed[letter])
  end
  if letter == 'A' then
    local last = item.times and at + item.times - 1 or #text
    if last > #text then return nil end
    return last + 1, text:sub(at, last)
  end
  if letter == 'z' then
    local zero = text:find('\0', at, true)
    if not zero then return nil end
    return zero + 1, text:sub(at, zero - 1)
  end
  local width = letter == 'p' and 1 or letter == 'P' and 2 or error("invalid format '" .. letter .. "'", 3)
  if at + width - 1 > #text then return nil end
  local length = value(text:sub(at, at + width - 1), item.big)
  if at + width + length - 1 > #text then return nil end
  return at + width + length, text:sub(at + width, at + width + length - 1)
end

function pack.unpack(text, format, at)
  at = at or 1
  local out = {}
  for _, item in ipairs(letters(format)) do
    for _ = 1, item.letter ~= 'A' and item.times or 1 do
      local nextAt, data = unpackOne(text, item, at)
      if not nextAt then return at, (table.unpack or unpack)(out) end
      at = nextAt
      out[#out + 1] = data
    end
  end
  return at, (table.unpack or unpack)(out)
end

return pack
