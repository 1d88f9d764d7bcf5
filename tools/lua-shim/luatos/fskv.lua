-- The fskv library of LuatOS: small values by key.
--
-- Quirks kept: every call before init() is refused; a value is a string,
-- number or boolean of at most 4095 bytes (tables need a json library, which
-- the shim has not); an empty string reads back as nil.
-- Values live in memory, or, with the folder in YIELDMQ_STORE, in one file
-- there that is replaced as a whole on every change.

local fskv = {}
local values = {}
local ready = false
local store = os.getenv('YIELDMQ_STORE')
local path = store and store ~= '' and store .. '/fskv.txt'

local function hex(text)
  return (text:gsub('.', function(c) return string.format('%02x', c:byte()) end))
end

local function raw(text)
  return (text:gsub('%x%x', function(pair) return string.char(tonumber(pair, 16)) end))
end

local function load()
  local file = io.open(path, 'rb')
  if not file then return end
  for line in file:lines() do
    local key, kind, value = line:match('^(%x+) (%a) (%x*)$')
    if key then
      value = raw(value)
      if kind == 'n' then value = tonumber(value) end
      if kind == 'b' then value = value == 'true' end
      values[raw(key)] = value
    end
  end
  file:close()
end

local function save()
  if not path then return end
  local file = assert(io.open(path .. '.new', 'wb'))
  for key, value in pairs(values) do
    file:write(hex(key), ' ', type(value):sub(1, 1), ' ', hex(tostring(value)), '\n')
  end
  file:close()
  assert(os.rename(path .. '.new', path))
end

local function refused()
  if not ready then print('E/fskv call fskv.init() first') end
  return not ready
end

function fskv.init()
  if not ready and path then load() end
  ready = true
  return true
end

function fskv.set(key, value)
  if refused() then return end
  local kind = type(value)
  if kind ~= 'string' and kind ~= 'number' and kind ~= 'boolean' then return false end
  if kind == 'string' and #value > 4095 then
    print('E/fskv value too big')
    return false
  end
  values[key] = value
  save()
  return true
end

function fskv.get(key)
  if refused() then return end
  local value = values[key]
  if value == '' then return nil end
  return value
end

function fskv.del(key)
  if refused() then return end
  values[key] = nil
  save()
  return true
end

function fskv.clear()
  if refused() then return end
  values = {}
  save()
  return true
end

function fskv.status()
  if refused() then return end
  local used, count = 0, 0
  for key, value in pairs(values) do
    used = used + #key + #tostring(value)
    count = count + 1
  end
  return used, 65536, count
end

return fskv
