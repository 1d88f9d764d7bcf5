-- The calls of the platform's own blocking client, over ours: every result as a script sees it.
PROJECT = 'calls'
VERSION = '1.0.0'
require 'log'
require 'sys'
require 'socket'
require 'misc'
require 'yieldmq_mqtt'
local given = {}
for _, one in ipairs(arg) do
  local name, value = one:match('^(%w+)=(.*)$')
  given[name] = tonumber(value) or value
end
local function say(...)
  local parts = { ... }
  for i = 1, select('#', ...) do parts[i] = tostring(parts[i]) end
  io.stdout:write('@@', table.concat(parts, '\t'), '\n')
  io.stdout:flush()
end

sys.taskInit(function()
  while not socket.isReady() do sys.wait(10) end
  local c = mqtt.client(given.id, 30, 'user', 'secret', given.clean, { topic = 'will/' .. given.id, payload = 'gone' }, given.version)
  say('early', c:publish('calls/out', 'x'), c:subscribe('calls/in'), (c:receive(10)))
  say('refused', c:connect('127.0.0.1', given.closed, 'tcp', nil, 2))
  say('transport', c:connect('127.0.0.1', given.port, 'udp'))
  say('connect', c:connect('127.0.0.1', given.port))
  say('again', c:connect('127.0.0.1', given.port))
  say('subscribe', c:subscribe('calls/in', 1), c:subscribe({ ['calls/b'] = 2, ['calls/c'] = 0 }), c:subscribe('a/#/b', 1))
  say('publish', c:publish('calls/out', 'q0'), c:publish('calls/out', 'q1', 1), c:publish('calls/out', 'q2', 2, 1), c:publish('calls/#', 'x', 1), c:publish('calls/out', 21))
  say('ready')
  sys.timerStart(function() sys.publish('LOCAL', 'value') end, 200)
  while true do
    local r, data, param = c:receive(1000, 'LOCAL')
    if r then
      say('received', data.topic, data.payload, data.qos, data.dup, data.retain, data.packetId ~= nil)
      if data.payload == 'end' then break end
    else
      say('nothing', data, param)
      if data == nil then break end
    end
  end
  say('unsubscribe', c:unsubscribe('calls/in'), c:unsubscribe({ 'calls/b', 'calls/c' }), c:unsubscribe('never/asked'))
  c:disconnect()
  say('after', (c:receive(10)), c:publish('calls/out', 'x'))
  os.exit(0)
end)
sys.init(0, 0)
sys.run()
