-- Hands wrong values to every option and every call, and tells which of them ended in an error of Lua's: on a module an uncaught
-- one restarts the device. Arguments: the bundle.
local y = dofile(arg[1])
local full = y.recording ~= nil
local clock = 0
local hal = {
  version = 1, timer = { ticks = function() return clock end, since = function(t) return clock - t end, wait = function(ms) clock = clock + ms return 0 end },
  socket = { open = function()
    return {
      status = function() return 0 end, read = function() return '' end, write = function(_, b) return #b end, credit = function() return 4096 end,
      pending = function() return 0 end, unacked = function() return -1 end, close = function() end
    }
  end },
  system = {
    id = function() return 'x' end, random = function() return 1 end, wallClock = function() return 0 end, resetReason = function() return 'unknown' end,
    feedWatchdog = function() end, restart = function() end, guard = function(f, a, b, c)
      local ok, r = pcall(f, a, b, c)
      if not ok then return -38 end
      return type(r) == 'number' and r or 0
    end
  },
  text = { utf8 = function(s) return s end, text = function(s) return s end }
}
local WRONG = { false, true, -1, 0, 1.5, 99999999, 1 / 0, 0 / 0, '', 'text', {}, { 1 }, { a = 1 }, function() end, coroutine.create(function() end) }
local OPTIONS = {
  'servers', 'clientId', 'protocolVersion', 'clean', 'keepalive', 'pingTimeout', 'connectTimeout', 'requestTimeout', 'ackTimeout', 'reconnectPeriod', 'reconnectPeriodMax',
  'reconnectSpread', 'jitter', 'username', 'password', 'will', 'properties', 'limits', 'whenFull', 'cache', 'onSessionLost', 'journal', 'learnKeepalive', 'recorder',
  'credentials', 'authenticate', 'onMessage', 'onStream', 'onReceipt', 'onSubscribed', 'onLink'
}
local tried, thrown, accepted = 0, {}, 0
local function try(what, fn)
  tried = tried + 1
  -- What never ends is as bad.
  debug.sethook(function() error('no end') end, '', 20000000)
  local ok, result = pcall(fn)
  debug.sethook()
  if not ok then thrown[#thrown + 1] = what .. ': ' .. tostring(result) elseif result == 0 then accepted = accepted + 1 end
end
local function base() return { servers = { { host = 'h', port = 1 } } } end
local function connect(options)
  local client = y.create(hal, options)
  local code = client:connect()
  if code < 0 then
    -- The sentence's numbers are there too.
    assert(client:explain().code == code, 'explain says ' .. tostring(client:explain().code) .. ' after ' .. code)
  else
    for _ = 1, 3 do clock = clock + 50 client:yield(1) end
    client:destroy()
  end
  return code
end
for _, value in ipairs(WRONG) do
  local name = type(value) .. ' ' .. tostring(value)
  try('options = ' .. name, function() return connect(value) end)
  for _, option in ipairs(OPTIONS) do
    try(option .. ' = ' .. name, function() local o = base() o[option] = value return connect(o) end)
  end
  for _, field in ipairs { 'host', 'port', 'tls', 'path' } do
    try('servers[1].' .. field .. ' = ' .. name, function() local o = base() o.servers[1][field] = value return connect(o) end)
  end
  for _, field in ipairs { 'topic', 'payload', 'qos', 'retain', 'properties' } do
    try('will.' .. field .. ' = ' .. name, function() local o = base() o.will = { topic = 't', payload = 'p' } o.will[field] = value return connect(o) end)
  end
  for _, field in ipairs { 'packetIn', 'packetOut', 'outboxCount', 'outboxBytes', 'inflight', 'subscriptions', 'slicePackets', 'sliceBytes', 'inboxCount', 'inboxBytes', 'streamMax' } do
    try('limits.' .. field .. ' = ' .. name, function() local o = base() o.limits = { [field] = value } return connect(o) end)
  end
  local client = y.create(hal, base())
  client:connect()
  try('publish topic ' .. name, function() return client:publish(value, 'x', 1) end)
  try('publish payload ' .. name, function() return client:publish('t', value, 1) end)
  try('publish qos ' .. name, function() return client:publish('t', 'x', value) end)
  try('publish retain ' .. name, function() return client:publish('t', 'x', 1, value) end)
  try('subscribe filter ' .. name, function() return client:subscribe(value, 1) end)
  try('subscribe qos ' .. name, function() return client:subscribe('t', value) end)
  try('unsubscribe ' .. name, function() return client:unsubscribe(value) end)
  -- For hours it would be simulated here, and nothing is wrong with that.
  if type(value) ~= 'number' or value < 1000 then try('yield ' .. name, function() return client:yield(value) end) end
  if client.receive then try('receive ' .. name, function() return client:receive(type(value) == 'number' and 0 or value) and 1 or 1 end) end
  client:destroy()
end
try('options = nil', function() return connect(nil) end)
try('hal = nil', function() return y.create(nil, base()):connect() end)
for _, part in ipairs { 'socket', 'timer', 'system', 'text' } do
  try('hal.' .. part .. ' = nil', function()
    local other = {}
    for k, v in pairs(hal) do other[k] = v end
    other[part] = nil
    return y.create(other, base()):connect()
  end)
end
local client = y.create(hal, base())
client:connect()
try('publish()', function() return client:publish() end)
try('publish topic alone', function() return client:publish('t') end)
try('subscribe()', function() return client:subscribe() end)
try('unsubscribe()', function() return client:unsubscribe() end)
try('yield()', function() return client:yield() end)
for _, one in ipairs(thrown) do io.write('@@threw\t', one, '\n') end
io.write('@@tried\t', tried, '\t', #thrown, '\t', accepted, '\n')
