-- The socket library of LuatOS (client side of TCP and TLS).
--
-- Each socket has a state and one thing it waits for (link, online, sent,
-- offline, event). A result goes to the callback, or as a message to the task,
-- under the name of the thing waited for, and under EVENT when nothing is.
-- The parameter is 0 for done (or: there may be data) and -1 for broken.
--
-- Quirks kept:
--   A connection that breaks while TX_OK is awaited is told as TX_OK, -1, not
--     as EVENT; socket.wait changes what is awaited. It is told once.
--   TX_OK comes only when all that was sent is out, and not at all when
--     socket.wait was called after socket.tx.
--   Messages already on their way are delivered after close(): the next
--     connection of the same task can see them.
--   rx after the peer closed still gives what was received: one rx that takes
--     all, or, with a limit, the first part only. Then it fails.
--   Unread bytes left by a limited rx or read raise no new EVENT.
--   linkup() on a connected socket marks it offline.
--   A released socket, or nil, makes every call return nothing.
--   tx refuses all of a piece when full and gives true, true, true. A failed
--     tx gives false and meaningless further values.
-- Differs: `full` is reported for TLS as well (there the platform fails the
-- connection). YIELDMQ_TX_LIMIT sets the bound, 10240 bytes by default.

local use = ...
local loop = use('loop')
local conn = use('conn')
local tls = use('tls')
local start = use('start')
local zbuff = use('luatos/zbuff')

local socket = {
  LWIP_GP = 1, LWIP_STA = 2, LWIP_AP = 3, LWIP_ETH = 4, ETH0 = 5,
  LINK = 0x1000010, ON_LINE = 0x1000011, TX_OK = 0x1000012,
  CLOSED = 0x1000013, EVENT = 0x1000014
}

local OFF, OFFLINE, DNS, CONNECTING, SHAKING, ONLINE, LEAVING = 0, 1, 2, 3, 4, 5, 7
local names = {
  [0] = 'no link', 'offline', 'name look-up', 'connecting', 'handshake', 'online',
  'listening', 'disconnecting'
}

local limit = start.number('YIELDMQ_TX_LIMIT', 10240)
local linked = false
local controls = setmetatable({}, { __mode = 'k' })
local Control = { __name = 'NWCTRL*' }

local function live(c)
  if getmetatable(c) == Control and not c.released then return c end
end

local function tell(c, id, param)
  loop.post(function()
    if c.released then return end
    if c.callback then
      c.callback(c, id, param)
    elseif c.task then
      _G.sys_send(c.task, id, param)
    else
      _G.sys_pub('NWCTRL*', c.adapter, 0, id, param)
    end
  end)
end

local function result(c, param)
  local id = c.waits or socket.EVENT
  c.waits = nil
  tell(c, id, param)
end

local function force(c)
  if c.conn then c.conn:close() end
  c.conn, c.broken, c.fresh, c.waits = nil, false, false, nil
end

local handlers = {}

function handlers.online(c)
  c.state = ONLINE
  result(c, 0)
end

function handlers.failed(c, reason)
  if reason == 'dns' then
    c.state = DNS
  elseif reason:find('^tls') then
    c.state, c.broken = SHAKING, true
  end
  result(c, -1)
end

function handlers.rx(c)
  c.fresh = true
  if c.waits == socket.TX_OK then tell(c, socket.EVENT, 0) else result(c, 0) end
end

function handlers.sent(c)
  if c.waits == socket.TX_OK then
    result(c, 0)
  elseif c.fresh then
    tell(c, socket.EVENT, 0)
  end
end

function handlers.closed(c)
  c.broken = true
  result(c, -1)
end

local function begin(c)
  if c.conn then c.conn:close() end
  local options = { host = c.host, port = c.port, tls = c.tls }
  options.on = function(event, value) handlers[event](c, value) end
  c.state = CONNECTING
  c.conn = conn.open(options)
end

function socket.create(adapter, target)
  local c = setmetatable({ adapter = adapter or socket.LWIP_GP, state = linked and OFFLINE or OFF }, Control)
  if type(target) == 'function' then
    c.callback = target
  elseif target ~= nil then
    c.task = tostring(target)
  end
  controls[c] = true
  return c
end

function socket.config(ctrl, port, udp, secure, idle, interval, count, ca, cert, key, password)
  local c = live(ctrl)
  if not c then return end
  if port ~= nil and type(port) ~= 'number' then
    error("bad argument #2 to 'config' (number expected, got " .. type(port) .. ')', 2)
  end
  if udp == true then return false end
  c.tls = nil
  if secure == true then
    local context, err = tls.context({ ca = ca, cert = cert, key = key, password = password })
    if not context then
      print('E/socket certificate or key refused: ' .. tostring(err))
      return false
    end
    c.tls = context
  end
  return true
end

function socket.linkup(ctrl)
  local c = live(ctrl)
  if not c then return end
  if linked then
    c.state, c.waits = OFFLINE, nil
    return true, true
  end
  c.state, c.waits = OFF, socket.LINK
  return true, false
end

function socket.connect(ctrl, host, port)
  local c = live(ctrl)
  if not c then return end
  c.broken = false
  c.host, c.port = tostring(host), port
  c.waits = socket.ON_LINE
  if linked then
    begin(c)
  else
    c.state = OFF
  end
  return true, false
end

function socket.discon(ctrl)
  local c = live(ctrl)
  if not c then return end
  if not c.conn or c.state ~= ONLINE then
    force(c)
    c.state = OFFLINE
    return true, true
  end
  c.broken, c.fresh = false, false
  c.state, c.waits = LEAVING, socket.CLOSED
  local going = c.conn
  going:finish(function()
    if c.conn ~= going then return end
    c.conn, c.state = nil, OFFLINE
    result(c, 0)
  end)
  return true, false
end

function socket.close(ctrl)
  local c = live(ctrl)
  if c then force(c) end
end

function socket.release(ctrl)
  local c = live(ctrl)
  if not c then return end
  force(c)
  c.released = true
  controls[c] = nil
end

function socket.tx(ctrl, data)
  local c = live(ctrl)
  if not c then return end
  if zbuff.is(data) then data = data:toStr(0, data:used()) end
  if type(data) == 'number' then data = tostring(data) end
  if type(data) ~= 'string' then error("bad argument #2 to 'tx' (ZBUFF* expected)", 2) end
  if c.broken or not c.conn or c.state ~= ONLINE then return false, true, false end
  if c.conn.pending > 0 and c.conn.pending + #data > limit then return true, true, true end
  c.conn:send(data)
  c.waits = socket.TX_OK
  return true, false, false
end

local function readable(c)
  return not (c.broken and not c.fresh) and c.conn and c.state == ONLINE
end

function socket.rx(ctrl, buffer, flag, most)
  local c = live(ctrl)
  if not c then return end
  if not readable(c) then return false, 0 end
  local n = c.conn.have
  if n == 0 then return true, 0 end
  if not zbuff.is(buffer) then return true, n end
  if most and most < n then n = most end
  c.fresh = false
  local data = c.conn:take(n)
  zbuff.append(buffer, data)
  return true, #data, nil, nil
end

function socket.read(ctrl, most)
  local c = live(ctrl)
  if not c then return end
  if not readable(c) then return false end
  local n = c.conn.have
  if n == 0 then return true, '' end
  if most and most > 0 and most < n then n = most end
  c.fresh = false
  return true, c.conn:take(n)
end

function socket.wait(ctrl)
  local c = live(ctrl)
  if not c then return end
  if c.fresh then
    c.waits = socket.EVENT
    return true, true
  end
  if c.broken or not c.conn or c.state ~= ONLINE then return false, false end
  c.waits = socket.EVENT
  return true, false
end

function socket.state(ctrl)
  local c = live(ctrl)
  if not c then return end
  return c.state, names[c.state] or 'unknown'
end

function socket.adapter(index) return linked, index or socket.LWIP_GP end
function socket.dft() return socket.LWIP_GP, socket.LWIP_GP end
function socket.localIP() return '127.0.0.1', '255.0.0.0', '127.0.0.1' end
function socket.setDNS() return true end
function socket.sslLog() end
function socket.debug() end

-- The link came or went; the mobile part calls this.
use('luatos/state').onLink = function(up)
  linked = up
  for c in pairs(controls) do
    if up and c.state == OFF then
      c.state = OFFLINE
      if c.waits == socket.LINK then
        result(c, 0)
      elseif c.waits == socket.ON_LINE then
        begin(c)
      end
    end
  end
end

return socket
