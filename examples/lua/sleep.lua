-- Deep sleep on an Air780E (LuatOS). Each wake is a start of the module: it connects to the session that the server kept for it,
-- sends one reading with QoS 1, waits for the receipt, takes what was queued meanwhile, leaves in order and sleeps again.
--
--   device/ID/readings   a reading
--   device/ID/inbox      what the module takes at its next wake; publish with QoS 1
--
-- ID is the IMEI. Build it, and give the folder to the module's download tool:
--
--   npx yieldmq build --board air780e examples/lua/sleep.lua
local yieldmq = require 'yieldmq'

local settings = {
  server = { host = 'broker.local', port = 1883 },
  -- ms asleep between two readings. The module's timer 0 reaches 2.5 hours; 2 and above reach further.
  sleepMs = 600000,
  timer = 0,
  -- ms that the receipt may take, the way into the network included.
  receiptMs = 30000,
  -- ms after the receipt for what was queued: MQTT does not say where a queue ends.
  listenMs = 2000,
  -- ms in which a module falls asleep.
  asleepMs = 15000
}

local function sleep()
  log.info('sleep', settings.sleepMs)
  pm.dtimerStart(settings.timer, settings.sleepMs)
  -- Firmwares before WORK_MODE have HIB alone.
  if pm.WORK_MODE then
    pm.power(pm.WORK_MODE, 3)
  elseif pm.HIB then
    pm.request(pm.HIB)
  end
  sys.wait(settings.asleepMs)
  log.warn('sleep', 'still awake')
  -- A PC does not sleep; no module has os.exit. A module that stays awake would empty its battery.
  if os.exit then os.exit(0) end
  rtos.reboot()
end

sys.taskInit(function()
  local hal = yieldmq.luatos()
  local base = 'device/' .. hal.system.id()
  local start = hal.timer.ticks()
  local reading, receipt = 0, nil

  local client = yieldmq.create(hal, {
    servers = { settings.server },
    -- The server keeps subscriptions and messages while the module sleeps.
    clean = false,
    onLink = function(state, sessionPresent, cause) log.info('mqtt', 'link', state, cause, sessionPresent) end,
    onReceipt = function(token, outcome)
      if token == reading then receipt = outcome end
    end
  })
  client:subscribe(base .. '/inbox', 1, function(_, payload) log.info('inbox', payload) end)

  local started = client:connect()
  if started < 0 then
    log.error('mqtt', 'an option is wrong, code', started)
  else
    local signal = mobile.csq()
    local text = '{"reset":"' .. hal.system.resetReason() .. '","csq":' .. (signal == nil and 'null' or tostring(signal)) .. '}'
    reading = client:publish(base .. '/readings', text, 1)
    if reading < 0 then log.warn('reading', 'refused, code', reading) end
    while reading > 0 and not receipt and hal.timer.since(start) < settings.receiptMs do client:yield(100) end
    log.info('reading', receipt or 'no receipt')

    local heard = hal.timer.ticks()
    while receipt and hal.timer.since(heard) < settings.listenMs do client:yield(100) end
    -- Waits until what is under way has left, at most a second.
    client:disconnect({ timeout = 1000 })
  end
  sleep()
end)
