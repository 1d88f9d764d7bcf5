-- Telemetry from an OpenWrt router (Lua with LuaSocket): its load every ten seconds with QoS 1, and its status with a will, so that
-- a server always knows whether it is there.
--
--   device/ID/readings   a reading
--   device/ID/status     "online" or "offline", retained
--
-- ID is the address of the first network card. Build it, copy the folder, and start main.lua, best by procd:
--
--   npx yieldmq build --board openwrt examples/lua/telemetry_openwrt.lua
--   lua main.lua
local yieldmq = require 'yieldmq'

local settings = {
  server = { host = 'broker.local', port = 1883 },
  -- What the router is called; nil for the address of its network card.
  id = nil,
  -- ms between two readings.
  periodMs = 10000,
  file = '/proc/loadavg'
}

local hal = yieldmq.luasocket({ id = settings.id })
local base = 'device/' .. hal.system.id()
local client

local function say(...)
  print(table.concat({ ... }, ' '))
  io.stdout:flush()
end

-- The load of the last minute; nil where the file is missing.
local function minute()
  local file = io.open(settings.file, 'r')
  local line = file and file:read('*l')
  if file then file:close() end
  return line and line:match('^[%d.]+')
end

client = yieldmq.create(hal, {
  servers = { settings.server },
  will = { topic = base .. '/status', payload = 'offline', qos = 1, retain = true },
  onLink = function(state, _, cause)
    say('link', state, cause)
    -- Retained, as the will is: who subscribes later knows too.
    if state == 'up' then client:publish(base .. '/status', 'online', 1, true) end
  end,
  onReceipt = function(token, outcome, reason)
    if outcome ~= 'delivered' then say('message', token, outcome, reason) end
  end
})

local started = client:connect()
if started < 0 then say('an option is wrong, code', started) end

local count = 0
yieldmq.run(client, settings.periodMs, function()
  count = count + 1
  local token = client:publish(base .. '/readings', '{"n":' .. count .. ',"load":' .. (minute() or 'null') .. '}', 1)
  if token < 0 then say('reading', count, 'refused, code', token) end
end)
-- It comes here only after a wrong option.
os.exit(1)
