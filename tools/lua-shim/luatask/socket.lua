-- The socket library of LuaTask: clients that belong to one task.
--
-- Quirks kept:
--   connect, send, recv, asyncSelect, close assert that they run in the task
--     that made the client. asyncSend, asyncRecv and c.input do not.
--   recv(0) and recv() wait for ever.
--   recv leaves the client in the state "receiving" when it returns, until the
--     next send or close. Data that come then resume the task: a sys.wait or
--     waitUntil ends early with true, data, and those bytes are in nobody's
--     queue. After a send they go to c.input.
--   The message given to recv is lost while the task is not in recv.
--   A peer's close, or the loss of the IP link, resumes the task whatever it
--     waits for with false, 'CLOSED' or false, 'IP_ERROR_IND', and sets
--     c.error for good: recv and send then give false, even while c.input
--     still has data (asyncRecv gives them).
--   At most 257 chunks wait in c.input; then the network is held back.
--   send cuts the data at 11200 bytes and waits for each piece.
--   After a time-out of connect the confirmation can come late; close first.
--   close() twice on a client that had a connection waits for ever.
-- Certificates are file names, looked up beside the script unless absolute.

local use = ...
local tls = use('tls')
local start = use('start')
local sys = use('luatask/sys')
local link = use('luatask/link')
local core = use('luatask/socketcore')

local SENDSIZE = 11200

local socket = { isReady = link.isReady }
local clients = core.clients
local mt = {}
mt.__index = mt

local function onIpError(reason)
  local resting = {}
  for _, c in pairs(clients) do
    c.error = reason
    if coroutine.status(c.co) == 'suspended' then resting[#resting + 1] = c.co end
  end
  for _, co in ipairs(resting) do
    if coroutine.status(co) == 'suspended' then coroutine.resume(co, false, reason) end
  end
end
sys.subscribe('IP_ERROR_IND', function() onIpError('IP_ERROR_IND') end)

-- All the queued chunks, making room for the one held back.
local function drain(c)
  local text = table.concat(c.input)
  c.input = {}
  if c.isBlock then
    c.isBlock = false
    local more = core.pull(c)
    if #more > 0 then table.insert(c.input, more) end
  end
  return text
end

-- The library.

local function own(c, call)
  assert(c.co == coroutine.running(), 'socket:' .. call .. ': coroutine mismatch')
end

local function client(secure, cert)
  local co, main = coroutine.running()
  if not co or main then
    print('[W]-[socket.socket]', 'socket must be called in coroutine')
    return nil
  end
  return setmetatable({
    protocol = secure and 'TCPSSL' or 'TCP', ssl = secure and 'SSL' or nil, cert = cert, co = co,
    input = {}, output = {}, wait = '', connected = false, iSubscribe = false, isBlock = false
  }, mt)
end

function socket.tcp(secure, cert)
  return client(secure == true, secure == true and cert or nil)
end

local function read(name)
  if not name then return nil end
  if name:sub(1, 1) ~= '/' then name = start.folder .. '/' .. name end
  local file = io.open(name, 'rb')
  if not file then return nil end
  local text = file:read('*a')
  file:close()
  return text
end

local function context(cert)
  cert = cert or {}
  return tls.context({
    ca = read(cert.caCert), cert = read(cert.clientCert), key = read(cert.clientKey),
    password = cert.clientPassword
  })
end

-- Wait for the confirmation, at most `seconds`.
local function confirmed(c, seconds)
  c.timerId = sys.timerStart(coroutine.resume, seconds * 1000, c.co, false, 'TIMEOUT')
  local good, reason = coroutine.yield()
  if c.timerId and reason ~= 'TIMEOUT' then sys.timerStop(c.timerId) end
  return good, reason
end

function mt:connect(address, port, timeout)
  own(self, 'connect')
  if not link.isReady() then
    print('[I]-[socket.connect]', 'ip not ready')
    return false
  end
  self.address, self.port = address, port
  local secure, err
  if self.ssl then
    secure, err = context(self.cert)
    if not secure then
      print('[I]-[socket:connect]', 'core sock conn error', err)
      return false
    end
  end
  self.id = core.open(address, tonumber(port), secure)
  clients[self.id] = self
  self.wait = 'SOCKET_CONNECT'
  local good, reason = confirmed(self, timeout or 120)
  if not good then
    print('[I]-[socket:connect]', 'connect fail', reason)
    sys.publish('LIB_SOCKET_CONNECT_FAIL_IND', self.ssl, self.protocol, address, port)
    return false
  end
  if not self.connected then
    self.connected = true
    core.count(1)
  end
  return true, self.id
end

local function sendPieces(c, data, seconds)
  for at = 1, #data, SENDSIZE do
    c.wait = 'SOCKET_SEND'
    core.send(c, data:sub(at, at + SENDSIZE - 1))
    local good, reason
    if seconds then good, reason = confirmed(c, seconds) else good, reason = coroutine.yield() end
    if not good then
      sys.publish('LIB_SOCKET_SEND_FAIL_IND', c.ssl, c.protocol, c.address, c.port)
      return false, reason
    end
  end
  return true
end

function mt:send(data, timeout)
  own(self, 'send')
  if self.error then return false end
  return (sendPieces(self, data or '', timeout or 120))
end

local function queued(c, msg)
  local text = table.concat(c.output)
  c.output = {}
  return false, msg, text
end

function mt:recv(timeout, msg, msgNoResume)
  own(self, 'recv')
  if self.error then return false end
  self.msgNoResume = msgNoResume
  if msg and not self.iSubscribe then
    self.iSubscribe = msg
    self.subMessage = function(data)
      if self.wait == '+RECEIVE' and not self.msgNoResume then
        if data then table.insert(self.output, data) end
        coroutine.resume(self.co, 0xAA)
      end
    end
    sys.subscribe(msg, self.subMessage)
  end
  if msg and #self.output > 0 then sys.publish(msg, false) end
  if #self.input == 0 then
    self.wait = '+RECEIVE'
    local result, value
    if timeout and timeout > 0 then
      result, value = sys.wait(timeout)
      if result == nil then return false, 'timeout' end
    else
      result, value = coroutine.yield()
    end
    if result == 0xAA then return queued(self, msg) end
    return result, value
  end
  return true, drain(self)
end

function mt:asyncSelect(keepAlive, pingreq)
  own(self, 'asyncSelect')
  if self.error then return false end
  self.wait = 'SOCKET_SEND'
  while #self.output ~= 0 do
    local data = table.concat(self.output)
    self.output = {}
    local good = sendPieces(self, data, self.timeout)
    sys.publish('SOCKET_ASYNC_SEND', good)
    if not good then return false end
  end
  self.wait = 'SOCKET_WAIT'
  sys.publish('SOCKET_SEND', self.id)
  if keepAlive and keepAlive ~= 0 then
    if type(pingreq) == 'function' then
      sys.timerStart(pingreq, keepAlive * 1000)
    else
      sys.timerStart(self.asyncSend, keepAlive * 1000, self, pingreq or '\0')
    end
  end
  return coroutine.yield()
end

function mt:asyncSend(data, timeout)
  if self.error then return false end
  self.timeout = timeout
  table.insert(self.output, data or '')
  if self.wait == 'SOCKET_WAIT' then coroutine.resume(self.co, true) end
  return true
end

function mt:asyncRecv()
  return drain(self)
end

function mt:getAsyncSend()
  return self.error and 0 or #self.output
end

function mt:setRcvProc(fn)
  own(self, 'setRcvProc')
  self.rcvProcFnc = fn
end

function mt:close()
  own(self, 'close')
  if self.iSubscribe then
    sys.unsubscribe(self.iSubscribe, self.subMessage)
    self.iSubscribe = false
  end
  if self.id then
    core.close(self.id)
    self.wait = 'SOCKET_CLOSE'
    repeat
      local _, reason = coroutine.yield()
    until reason == 'RESPONSE'
  end
  if self.connected then
    self.connected = false
    core.count(-1)
  end
  if self.id then clients[self.id] = nil end
end

function socket.setTcpResendPara() end
function socket.setDnsParsePara() end
function socket.printStatus() end

return socket
