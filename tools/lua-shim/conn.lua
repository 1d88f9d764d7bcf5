-- One TCP connection, plain or TLS, without blocking: the network stack below
-- both platforms' socket libraries.
--
-- Events go to `on(event, value)` as loop messages, never from inside a call:
--   'online'            connected, and the TLS handshake is done
--   'failed', reason    no connection: 'dns', 'connect: ...', 'tls: ...'
--   'rx', n             n more bytes can be taken
--   'sent'              everything given to send() was taken by the kernel
--   'closed', reason    the peer closed, or the connection broke; what was
--                       received before can still be taken
-- Back-pressure: it stops reading while `window` bytes wait, or, with `piece`
-- (or a chunk fault) set, while any byte waits, so that no take() gives more
-- than one piece.
-- Name look-up blocks (LuaSocket); names under .invalid fail at once.

local use = ...
local loop = use('loop')
local tls = use('tls')
local lsocket = loop.tcp

local conn = { chunk = 0 }
local Conn = {}
Conn.__index = Conn
local open = {}
local parked = {}

local again = { timeout = true, wantread = true, wantwrite = true }

-- options: host, port, tls (a context of tls.context, or nil), on, window, piece
function conn.open(options)
  local c = setmetatable({
    on = options.on, host = options.host, port = options.port, context = options.tls,
    window = options.window or 32768, piece = options.piece,
    phase = 'dns', rx = {}, have = 0, tx = {}, txFirst = 1, txLast = 0, offset = 1, pending = 0
  }, Conn)
  loop.post(c.resolve, c)
  return c
end

function Conn:emit(event, value)
  loop.post(function()
    if not self.gone then self.on(event, value) end
  end)
end

function Conn:resolve()
  if self.gone then return end
  local address
  if not self.host:find('%.?invalid%.?$') then address = lsocket.dns.toip(self.host) end
  if not address then
    self.phase = 'lost'
    return self:emit('failed', 'dns')
  end
  self.address = address
  self.sock = lsocket.tcp()
  self.sock:settimeout(0)
  self.phase = 'connecting'
  open[self] = true
  local ok, err = self.sock:connect(address, self.port)
  if ok or err == 'timeout' or err == 'Operation already in progress' then
    loop.watch(self)
  else
    self:fail('connect: ' .. tostring(err))
  end
end

function Conn:fail(reason)
  self.phase = 'lost'
  self:drop()
  self:emit('failed', reason)
end

function Conn:connected()
  local ok, err = self.sock:connect(self.address, self.port)
  if not ok and err ~= 'already connected' then
    if err == 'timeout' or err == 'Operation already in progress' then return end
    return self:fail('connect: ' .. tostring(err))
  end
  self.sock:setoption('tcp-nodelay', true)
  if not self.context then return self:up() end
  local wrapped, why = tls.wrap(self.sock, self.context, self.host)
  if not wrapped then return self:fail('tls: ' .. tostring(why)) end
  self.sock = wrapped
  self.phase = 'handshake'
  self:shake()
end

function Conn:shake()
  local ok, err = self.sock:dohandshake()
  if ok then
    local named, why = tls.checkName(self.sock, self.context, self.host)
    if not named then return self:fail('tls: ' .. why) end
    return self:up()
  end
  if not again[err] then return self:fail('tls: ' .. tostring(err)) end
  self.shakeWrites = err == 'wantwrite'
end

function Conn:up()
  self.phase = 'online'
  self:emit('online')
end

function Conn:room()
  local piece = self.piece
  if conn.chunk > 0 and (not piece or conn.chunk < piece) then piece = conn.chunk end
  if piece then return self.have == 0 and piece or 0 end
  return self.window - self.have
end

function Conn:want()
  if self.phase == 'connecting' then return false, true end
  if self.phase == 'handshake' then return not self.shakeWrites, self.shakeWrites end
  return self:room() > 0, self.pending > 0
end

function Conn:keep(data)
  if not data or #data == 0 then return end
  self.rx[#self.rx + 1] = data
  self.have = self.have + #data
  self:emit('rx', #data)
end

function Conn:readable()
  if self.phase == 'handshake' then return self:shake() end
  if self:room() <= 0 then return end
  local data, err, part = self.sock:receive(self:room())
  self:keep(data or part)
  if err and not again[err] then self:lost(err) end
end

function Conn:writable()
  if self.phase == 'connecting' then return self:connected() end
  if self.phase == 'handshake' then return self:shake() end
  while self.txFirst <= self.txLast do
    local data = self.tx[self.txFirst]
    local to, err, part = self.sock:send(data, self.offset, math.min(#data, self.offset + 16383))
    local upTo = to or part or self.offset - 1
    self.pending = self.pending - (upTo + 1 - self.offset)
    self.offset = upTo + 1
    if err then
      if again[err] then return end
      local rest, _, some = self.sock:receive(65536)
      self:keep(rest or some)
      return self:lost(err)
    end
    if self.offset > #data then
      self.tx[self.txFirst] = nil
      self.txFirst, self.offset = self.txFirst + 1, 1
    end
  end
  self:emit('sent')
  if self.ending then self.ending() end
end

-- Queue bytes; the loop writes them.
function Conn:send(data)
  if #data == 0 then return end
  self.txLast = self.txLast + 1
  self.tx[self.txLast] = data
  self.pending = self.pending + #data
end

-- Take up to n received bytes (all by default).
function Conn:take(n)
  local all = table.concat(self.rx)
  n = math.min(n or #all, #all)
  local rest = all:sub(n + 1)
  self.rx = #rest > 0 and { rest } or {}
  self.have = #rest
  return all:sub(1, n)
end

function Conn:drop(park)
  loop.unwatch(self)
  open[self] = nil
  if not self.sock then return end
  if park then parked[#parked + 1] = self.sock else self.sock:close() end
  self.sock = nil
end

function Conn:lost(reason, park)
  local was = self.phase
  self.phase = 'lost'
  self:drop(park)
  self:emit(was == 'online' and 'closed' or 'failed', reason)
end

-- Close at once; no event follows.
function Conn:close()
  self.gone = true
  self.phase = 'lost'
  self:drop()
end

-- Close after the queued bytes are out (one second at most), then call done.
function Conn:finish(done)
  local ended = false
  local function finish()
    if ended then return end
    ended = true
    self:close()
    loop.post(done)
  end
  self.on = function(event)
    if event == 'closed' or event == 'failed' then finish() end
  end
  if self.pending == 0 or self.phase ~= 'online' then return finish() end
  self.ending = finish
  loop.after(1000, finish)
end

-- Fault: every connection is lost. The peers hear nothing (the bearer went),
-- unless close is true, which closes the sockets.
function conn.cut(close)
  local all = {}
  for c in pairs(open) do all[#all + 1] = c end
  for _, c in ipairs(all) do c:lost('cut', not close) end
end

return conn
