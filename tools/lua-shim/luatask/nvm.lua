-- The nvm library of LuaTask: parameters with defaults from a Lua file.
--
-- Quirk kept: every set of a new value rewrites the whole file (through a
-- second file and a rename), unless its fourth argument is false.
-- With the folder in YIELDMQ_STORE the file is there; else all is in memory.

local use = ...
local start = use('start')
local sys = use('luatask/sys')

local nvm = {}
local values = {}
local store = os.getenv('YIELDMQ_STORE')
local path = store and store ~= '' and store .. '/nvm_para.lua'

local function spelled(value)
  if type(value) == 'string' then return string.format('%q', value) end
  if type(value) ~= 'table' then return tostring(value) end
  local parts = {}
  for k, v in pairs(value) do
    parts[#parts + 1] = '[' .. spelled(k) .. '] = ' .. spelled(v)
  end
  return '{ ' .. table.concat(parts, ', ') .. ' }'
end

local function save()
  if not path then return end
  local file = assert(io.open(path .. '.bak', 'wb'))
  file:write('module(...)\n')
  for k, v in pairs(values) do file:write(k, ' = ', spelled(v), '\n') end
  file:close()
  assert(os.rename(path .. '.bak', path))
end

-- The globals a parameter file sets.
local function load(name)
  local env = { module = function() end }
  local chunk
  if setfenv then
    chunk = loadfile(name)
    if chunk then setfenv(chunk, env) end
  else
    chunk = loadfile(name, 't', env)
  end
  if not chunk or not pcall(chunk) then return nil end
  env.module = nil
  return env
end

function nvm.init(file)
  local defaults = load(start.folder .. '/' .. file)
  assert(defaults, 'nvm.init: no default parameters in ' .. tostring(file))
  nvm.defaults = defaults
  values = path and load(path) or {}
  for k, v in pairs(defaults) do
    if values[k] == nil then values[k] = v end
  end
end

function nvm.get(k)
  return values[k]
end

function nvm.gett(k, kk)
  return values[k][kk]
end

function nvm.set(k, v, reason, write)
  if type(v) == 'table' or values[k] ~= v then
    values[k] = v
    if write or write == nil then save() end
    if reason then sys.publish('PARA_CHANGED_IND', k, v, reason) end
  end
  return true
end

function nvm.sett(k, kk, v, reason, write)
  if type(v) == 'table' or values[k][kk] ~= v then
    values[k][kk] = v
    if write or write == nil then save() end
    if reason then sys.publish('TPARA_CHANGED_IND', k, kk, v, reason) end
  end
  return true
end

function nvm.flush()
  save()
end

function nvm.restore()
  values = {}
  for k, v in pairs(nvm.defaults or {}) do values[k] = v end
  save()
end

function nvm.remove()
  if path then os.remove(path) end
end

return nvm
