-- A script for the platform's own client, as its documentation writes them, with the one line that brings ours.
PROJECT = 'events'
VERSION = '1.0.0'
_G.sys = require('sys')
mqtt = require 'yieldmq_mqtt'

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
  sys.waitUntil('IP_READY', 5000)
  local client = mqtt.create(nil, '127.0.0.1', given.port, false, { rxSize = 4096 })
  say('options', client:auth(given.id, 'user', 'secret', given.clean ~= 0), client:will('will/' .. given.id, 'gone', 1))
  client:keepalive(30)
  if given.reconnect == 1 then client:autoreconn(true, 200) end
  client:on(function(c, event, data, payload, metas)
    if event == 'recv' then
      say('recv', data, payload, metas.qos, metas.retain, metas.dup)
      if payload == 'end' then c:disconnect() end
    else
      say(event, data, payload)
    end
    if event == 'conack' then
      say('id', (c:subscribe({ ['events/a'] = 1, ['events/b'] = 2 })) ~= nil, c:ready(), c:state())
      say('published', c:publish('events/out', 'hello', 1), c:publish('events/out', 'hello', 2), c:publish('events/out', 'zero', 0))
      say('refused', c:publish('events/#', 'wild', 1))
    end
  end)
  say('connect', client:connect())
  sys.wait(given.life or 3000)
  client:close()
  sys.wait(100)
  os.exit(0)
end)
sys.run()
