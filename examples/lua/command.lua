-- Commands for an Air724 (LuaTask): what comes on device/ID/command is answered on device/ID/reply with the QoS that it came
-- with. A second task has something to say of its own, on device/ID/event; wake() lets it leave at once, though the first task
-- is waiting for the network.
--
--   device/ID/command   "ping", "signal" or "battery"
--   device/ID/reply     "ping: pong", or "NAME: error: unknown command"
--   device/ID/event     a local event
--
-- ID is the IMEI. Build it, and give the folder to the module's download tool:
--
--   npx yieldmq build --board air724 examples/lua/command.lua
local yieldmq = require 'yieldmq'

local settings = {
  server = { host = 'broker.local', port = 1883 },
  -- ms between two local events, which a button or a sensor would bring.
  eventMs = 60000
}

local hal = yieldmq.luatask()

local commands = {
  ping = function() return 'pong' end,
  signal = function() return tostring(net.getRssi()) end,
  battery = function() return tostring(misc.getVbatt()) end
}

-- The second task. Any task may publish; one alone calls yield.
local function reportEvents(client, base)
  local count = 0
  while true do
    sys.wait(settings.eventMs)
    count = count + 1
    log.info('event', count)
    local token = client:publish(base .. '/event', 'event ' .. count, 1)
    if token < 0 then log.warn('event', count, 'refused, code', token) end
    yieldmq.wake()
  end
end

sys.taskInit(function()
  -- The module knows its IMEI some seconds after its start.
  while hal.system.id() == '' do sys.wait(100) end
  local base = 'device/' .. hal.system.id()

  local client = yieldmq.create(hal, {
    servers = { settings.server },
    onLink = function(state, _, cause) log.info('mqtt', 'link', state, cause) end,
    onSubscribed = function(_, filter, code) log.info('mqtt', 'subscribed', filter, code) end
  })
  client:subscribe(base .. '/command', 2, function(_, command, packet)
    log.info('command', command)
    local answer = commands[command]
    local reply = answer and answer() or 'error: unknown command'
    local token = client:publish(base .. '/reply', command .. ': ' .. reply, packet.qos)
    if token < 0 then log.warn('command', 'reply refused, code', token) end
  end)

  local started = client:connect()
  if started < 0 then
    log.error('mqtt', 'an option is wrong, code', started)
    return
  end
  sys.taskInit(reportEvents, client, base)
  -- It wakes for what comes from the server, for what is due, and for wake().
  while client:yield(60000) >= 0 do end
end)
