-- The mobile library of LuatOS on a PC: a module with a SIM in good coverage.
--
-- The link comes up YIELDMQ_IP_READY_MS (100) after the start: IP_READY with
-- the address and the adapter, IP_LOSE with the adapter when it goes. Flight
-- mode and reset take the link away; leaving flight mode brings it back.

local use = ...
local loop = use('loop')
local conn = use('conn')
local start = use('start')
local sys = use('luatos/sys')
local state = use('luatos/state')

local mobile = {
  UNREGISTER = 0, REGISTERED = 1, SEARCH = 2, DENIED = 3, UNKNOW = 4, REGISTERED_ROAMING = 5
}

local delay = start.number('YIELDMQ_IP_READY_MS', 100)
local flying = false
local apn = 'shim'
local pending

local function linkUp()
  pending = nil
  if state.up or flying then return end
  state.up = true
  state.onLink(true)
  sys.publish('IP_READY', '127.0.0.1', 1)
end

local function later(ms)
  if pending then loop.cancel(pending) end
  pending = loop.after(ms, linkUp)
end

-- Connections on a link that goes hear it at once; the peers do not.
local function linkDown(close)
  if pending then loop.cancel(pending) end
  pending = nil
  if not state.up then return end
  state.up = false
  state.onLink(false)
  conn.cut(close)
  sys.publish('IP_LOSE', 1)
end

-- Fault: the bearer goes and comes back after ms (200).
function start.shim.cut(ms, close)
  linkDown(close)
  later(ms or 200)
end

later(delay)

function mobile.imei() return '860000000000001' end
function mobile.imsi() return '460000000000001' end
function mobile.iccid() return '89860000000000000001' end
function mobile.sn() return 'SHIM0001' end
function mobile.muid() return '0000000000000001' end
function mobile.number() return nil end
function mobile.csq() return 25 end
function mobile.rssi() return -63 end
function mobile.rsrp() return -85 end
function mobile.rsrq() return -9 end
function mobile.snr() return 20 end
function mobile.eci() return 1 end
function mobile.tac() return 1 end
function mobile.simid() return 0 end
function mobile.status() return state.up and mobile.REGISTERED or mobile.UNREGISTER end
function mobile.setAuto() end
function mobile.rtime() return true end
function mobile.syncTime() return false end
function mobile.config() return true end

function mobile.apn(index, cid, name)
  if type(name) == 'string' then apn = name end
  return apn
end

-- Gives the mode before the call.
function mobile.flymode(index, on)
  local was = flying
  if type(on) == 'boolean' then
    flying = on
    if on then
      linkDown()
    elseif was then
      later(delay)
    end
  end
  return was
end

function mobile.reset()
  linkDown()
  later(delay)
end

return mobile
