-- Telemetry from an Air780E (LuatOS): the signal's strength every ten seconds with QoS 1, and the module's status with a will, so
-- that a server always knows whether it is there.
--
--   device/ID/readings   a reading
--   device/ID/status     "online" or "offline", retained
--
-- ID is the IMEI. Build it, and give the folder to the module's download tool:
--
--   npx yieldmq build --board air780e examples/lua/telemetry.lua
local yieldmq = require 'yieldmq'

local settings = {
  server = { host = 'broker.local', port = 1883 },
  -- ms between two readings.
  periodMs = 10000
}

sys.taskInit(function()
  local hal = yieldmq.luatos()
  local base = 'device/' .. hal.system.id()
  local count = 0
  local client

  client = yieldmq.create(hal, {
    servers = { settings.server },
    will = { topic = base .. '/status', payload = 'offline', qos = 1, retain = true },
    onLink = function(state, _, cause)
      log.info('mqtt', 'link', state, cause)
      -- Retained, as the will is: who subscribes later knows too.
      if state == 'up' then client:publish(base .. '/status', 'online', 1, true) end
    end,
    onReceipt = function(token, outcome, reason)
      if outcome ~= 'delivered' then log.warn('mqtt', 'message', token, outcome, reason) end
    end
  })

  local started = client:connect()
  if started < 0 then log.error('mqtt', 'an option is wrong, code', started) end

  yieldmq.run(client, settings.periodMs, function()
    count = count + 1
    -- Unknown until the module has found its network.
    local signal = mobile.csq()
    local reading = '{"n":' .. count .. ',"csq":' .. (signal == nil and 'null' or tostring(signal)) .. '}'
    local token = client:publish(base .. '/readings', reading, 1)
    if token < 0 then log.warn('mqtt', 'reading', count, 'refused, code', token) end
  end)
end)
