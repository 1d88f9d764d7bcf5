-- log, utils and common of LuaTask, as far as an MQTT script uses them.
--
-- log: debug and trace are silent unless LOG_LEVEL is lowered, as there.
-- string.toHex gives the text and the count (it is a gsub).

local text = {}

local log = {
  LOG_SILENT = 0, LOGLEVEL_TRACE = 1, LOGLEVEL_DEBUG = 2, LOGLEVEL_INFO = 3, LOGLEVEL_WARN = 4,
  LOGLEVEL_ERROR = 5, LOGLEVEL_FATAL = 6
}
text.log = log

for rank, name in ipairs({ 'trace', 'debug', 'info', 'warn', 'error', 'fatal' }) do
  local letter = name:sub(1, 1):upper()
  log[name] = function(tag, ...)
    local level = _G.LOG_LEVEL or log.LOGLEVEL_INFO
    if level == log.LOG_SILENT or level > rank then return end
    print('[' .. letter .. ']-[' .. (type(tag) == 'string' and tag or '') .. ']', ...)
  end
end
function log.openTrace() end

function string.toHex(s, separator)
  return s:gsub('.', function(c) return string.format('%02X', c:byte()) .. (separator or '') end)
end

function string.fromHex(hex)
  return (hex:gsub('[%s%p]', ''):gsub('%x%x', function(pair)
    return string.char(tonumber(pair, 16))
  end))
end

function string.split(s, delimiter)
  local list = {}
  if delimiter == '' then
    for i = 1, #s do list[i] = s:sub(i, i) end
    return list
  end
  local at = 1
  while true do
    local from, to = s:find(delimiter, at, true)
    list[#list + 1] = s:sub(at, (from or 0) - 1)
    if not from then return list end
    at = to + 1
  end
end

function string.utf8Len(s)
  return select(2, s:gsub('[^\128-\191]', ''))
end

local function slurp(path)
  local file = io.open(path, 'rb')
  if not file then return nil end
  local all = file:read('*a')
  file:close()
  return all
end

function io.exists(path)
  return slurp(path) ~= nil
end

io.readFile = slurp

function io.writeFile(path, content, mode)
  local file = io.open(path, mode or 'w+b')
  if not file then return false end
  file:write(content)
  file:close()
  return true
end

function io.fileSize(path)
  return #(slurp(path) or '')
end

text.utils = {}
text.common = {}

return text
