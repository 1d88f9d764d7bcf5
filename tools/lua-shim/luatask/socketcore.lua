-- The connections under LuaTask's socket library: numbered, each with a client,
-- told by confirmations and indications that resume the client's task.
--
-- A confirmation counts only while the client waits for just that. Data go to
-- the task when it is in the state "receiving", else to c.input, 257 chunks at
-- most; then they stay here, and the peer is held back.

local use = ...
local conn = use('conn')
local loop = use('loop')
local sys = use('luatask/sys')
local link = use('luatask/link')

local INDEX_MAX, PIECE = 256, 1460

local core = { clients = {} }
local links = {}
local active = 0

local function confirm(id, waited, good)
  local c = core.clients[id]
  if c and c.wait == waited then coroutine.resume(c.co, good, 'RESPONSE') end
end

function core.count(by)
  active = math.max(0, active + by)
  sys.publish('SOCKET_ACTIVE', active > 0)
end

function core.pull(c)
  return links[c.id] and links[c.id]:take() or ''
end

local function received(id)
  local c = core.clients[id]
  if not c or not links[id] or links[id].have == 0 then return end
  if c.rcvProcFnc then
    c.rcvProcFnc(function() return core.pull(c) end, id, links[id].have)
  elseif c.wait == '+RECEIVE' then
    coroutine.resume(c.co, true, core.pull(c))
  else
    if #c.input > INDEX_MAX then
      c.isBlock = true
    else
      c.isBlock = false
      table.insert(c.input, core.pull(c))
    end
    sys.publish('SOCKET_RECV', id)
  end
end

local function closed(id)
  local c = core.clients[id]
  if not c then return end
  if c.connected then
    c.connected = false
    core.count(-1)
  end
  c.error = 'CLOSED'
  sys.publish('LIB_SOCKET_CLOSE_IND', c.ssl, c.protocol, c.address, c.port)
  coroutine.resume(c.co, false, 'CLOSED')
end

function core.open(host, port, context)
  local id = 0
  while links[id] do id = id + 1 end
  links[id] = conn.open({
    host = host, port = port, tls = context, piece = PIECE,
    on = function(event)
      if event == 'online' then confirm(id, 'SOCKET_CONNECT', true) end
      if event == 'sent' then confirm(id, 'SOCKET_SEND', true) end
      if event == 'rx' then received(id) end
      -- A bearer cut is told through the IP link (see link.lua).
      if links[id] and links[id].cut then return end
      if event == 'failed' then confirm(id, 'SOCKET_CONNECT', false) end
      if event == 'closed' then closed(id) end
    end
  })
  return id
end

function core.close(id)
  if links[id] then links[id]:finish(function() end) end
  links[id] = nil
  loop.post(confirm, id, 'SOCKET_CLOSE', true)
end

-- Queue a piece on the client's connection.
function core.send(c, data)
  if links[c.id] then links[c.id]:send(data) end
end

function link.onCut()
  for _, one in pairs(links) do one.cut = true end
end

return core
