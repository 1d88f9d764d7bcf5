-- The zbuff library of LuatOS: a byte buffer outside the Lua heap.
--
-- Quirks kept:
--   The cursor of write/seek/read and `used` are one and the same number.
--   b[i] counts from 0. write() past the end is cut without an error; copy()
--   and socket.rx grow the buffer. toStr() without a length gives the whole
--   capacity, zeros included. del() moves the rest but not the capacity.
--   query() of nothing gives nil, not ''.
-- The bytes live in a Lua string here, so every change costs a copy.

local zbuff = { SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2, HEAP_AUTO = 0, HEAP_SRAM = 1, HEAP_PSRAM = 2 }
local methods = {}
local contents = setmetatable({}, { __mode = 'k' })
local meta = {}

local function of(b)
  return contents[b] or error('bad argument (ZBUFF* expected)', 3)
end

meta.__index = function(b, key)
  if type(key) ~= 'number' then return methods[key] end
  return (of(b).bytes:byte(key + 1))
end

local function put(z, at, text)
  z.bytes = z.bytes:sub(1, at) .. text .. z.bytes:sub(at + #text + 1)
end

local function integral(value)
  return type(value) == 'number' and value % 1 == 0
end

local function chars(...)
  local list = { ... }
  for i = 1, #list do
    if not integral(list[i]) then
      return table.concat(list, '', 1, i - 1), i - 1
    end
    list[i] = string.char(math.floor(list[i] % 256))
  end
  return table.concat(list), #list
end

meta.__newindex = function(b, key, value)
  local z = of(b)
  if integral(key) and key >= 0 and key < z.len then
    put(z, math.floor(key), string.char(math.floor(value % 256)))
  end
end

meta.__len = function(b) return of(b).len end
meta.__tostring = function() return 'ZBUFF*: shim' end
meta.__name = 'ZBUFF*'

function zbuff.create(len, fill)
  if type(len) ~= 'number' or len < 1 then return nil end
  local z = { len = math.floor(len), used = 0 }
  z.bytes = string.rep('\0', z.len)
  if integral(fill) then
    z.bytes = string.rep(string.char(math.floor(fill % 256)), z.len)
  elseif type(fill) == 'string' then
    put(z, 0, fill:sub(1, z.len))
    z.used = math.min(#fill, z.len)
  end
  local b = setmetatable({}, meta)
  contents[b] = z
  return b
end

function zbuff.is(b)
  return contents[b] ~= nil
end

local function resize(z, len)
  if len > z.len then
    z.bytes = z.bytes .. string.rep('\0', len - z.len)
  else
    z.bytes = z.bytes:sub(1, len)
  end
  z.len = len
  z.used = math.min(z.used, len)
end

-- Append at the end of what is used, growing; socket.rx does this.
function zbuff.append(b, text)
  local z = of(b)
  if z.len - z.used < #text then resize(z, z.used + #text) end
  put(z, z.used, text)
  z.used = z.used + #text
end

function methods.write(b, first, ...)
  local z = of(b)
  local text = first
  if integral(first) then text = chars(first, ...) end
  text = tostring(text):sub(1, z.len - z.used)
  put(z, z.used, text)
  z.used = z.used + #text
  return #text
end

function methods.copy(b, at, first, ...)
  local z = of(b)
  at = at or z.used
  if at < 0 then at = z.used + at end
  if at < 0 then return 0 end
  local text
  if contents[first] then
    local from, n = ...
    from, n = from or 0, n or contents[first].used
    if from < 0 or n < 0 or from + n > contents[first].len then return 0 end
    text = contents[first].bytes:sub(from + 1, from + n)
  elseif integral(first) then
    text = chars(first, ...)
  elseif type(first) == 'string' then
    text = first
  else
    return 0
  end
  if at + #text > z.len then resize(z, z.len + at + #text) end
  put(z, at, text)
  z.used = math.max(z.used, at + #text)
  return #text
end

function methods.toStr(b, at, n)
  local z = of(b)
  at = math.min(at or 0, z.len)
  n = n or z.len
  if n < 0 then return '' end
  return z.bytes:sub(at + 1, math.min(at + n, z.len))
end

function methods.used(b, n)
  local z = of(b)
  if integral(n) then z.used = (n < 0 or n > z.len) and z.len or math.floor(n) end
  return z.used
end

function methods.len(b) return of(b).len end

function methods.del(b, at, n)
  local z = of(b)
  at = at or 0
  if at < 0 then at = at + z.used end
  if at < 0 or at >= z.used then return end
  n = n or z.used
  if n < 0 then return end
  n = math.min(n, z.used - at)
  local rest = z.bytes:sub(at + n + 1, z.used)
  put(z, at, rest)
  z.used = z.used - n
end

local function number(text, big, signed)
  if not big then text = text:reverse() end
  local value = 0
  for i = 1, #text do value = value * 256 + text:byte(i) end
  local limit = math.floor(256 ^ #text)
  if signed and value >= limit / 2 then value = value - limit end
  return value
end

function methods.query(b, at, n, big, signed)
  local z = of(b)
  at = at or 0
  if at < 0 then at = at + z.used end
  if at < 0 then return nil end
  at = math.min(at, z.used)
  n = n or z.used
  if n < 0 or at + n > z.used then n = z.used - at end
  if n == 0 then return nil end
  local text = z.bytes:sub(at + 1, at + n)
  if type(big) ~= 'boolean' or (n ~= 1 and n ~= 2 and n ~= 4) then return text end
  -- The platform reads four bytes as a signed number whatever is asked.
  return number(text, big, signed == true or n == 4)
end

function methods.clear(b, fill)
  local z = of(b)
  z.bytes = string.rep(string.char(math.floor((fill or 0) % 256)), z.len)
end

function methods.seek(b, at, from)
  local z = of(b)
  if from == zbuff.SEEK_CUR then at = z.used + at end
  if from == zbuff.SEEK_END then at = z.len + at end
  z.used = math.max(0, math.min(at, z.len))
  return z.used
end

function methods.read(b, n)
  local z = of(b)
  n = math.min(n or 1, z.len - z.used)
  local text = z.bytes:sub(z.used + 1, z.used + n)
  z.used = z.used + #text
  return text
end

function methods.resize(b, n)
  if integral(n) then resize(of(b), math.floor(n)) end
end

function methods.free(b)
  local z = of(b)
  z.bytes, z.len, z.used = '', 0, 0
end

return zbuff
