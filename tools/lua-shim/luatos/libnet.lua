-- The libnet library of LuatOS: waiting forms of the socket calls, for tasks
-- made with sys.taskInitEx.
--
-- Quirks kept:
--   A time-out of 0 or nil waits for ever.
--   wait() gives false, false for a broken connection, true, false for a
--     time-out, true, true for an event; sys.sendMsg(task, socket.EVENT, 0)
--     ends it early. It waits for EVENT only: what arrives under other names
--     meanwhile goes to the task's callback.
--   tx() gives true, true when the buffer is full and nothing was taken.
--   close() also closes when the time is over, and gives nothing.

local use = ...
local sys = use('luatos/sys')
local socket = use('luatos/socket')

local libnet = {}

local function await(task, ms, id)
  local message = sys.waitMsg(task, id, ms)
  if type(message) ~= 'table' then return nil end
  return message[2] == 0
end

function libnet.waitLink(task, ms, ...)
  local ok, up = socket.linkup(...)
  if not ok then return false end
  return up or await(task, ms, socket.LINK) or false
end

function libnet.connect(task, ms, ...)
  local ok, online = socket.connect(...)
  if not ok then return false end
  return online or await(task, ms, socket.ON_LINE) or false
end

function libnet.tx(task, ms, ...)
  local ok, full, out = socket.tx(...)
  if not ok then return false, full end
  if full then return true, true end
  if out or await(task, ms, socket.TX_OK) then return true, false end
  return false, false
end

function libnet.wait(task, ms, ctrl)
  local ok, data = socket.wait(ctrl)
  if not ok then return false, false end
  if data then return true, true end
  local good = await(task, ms, socket.EVENT)
  if good == nil then return true, false end
  return good, good
end

function libnet.close(task, ms, ctrl)
  local ok, done = socket.discon(ctrl)
  if ok and not done then await(task, ms, socket.CLOSED) end
  socket.close(ctrl)
end

return libnet
