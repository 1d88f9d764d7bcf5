-- misc, net, ril and pm of LuaTask on a PC: a module in good coverage.
--
-- Quirks kept: misc.getImei() is '' at first; IMEI_READY_IND comes
-- YIELDMQ_IMEI_MS (500) after the start. switchFly to the mode that is set
-- does nothing. ril answers OK to every command, 20 ms later.

local use = ...
local loop = use('loop')
local start = use('start')
local sys = use('luatask/sys')
local link = use('luatask/link')

local modem = {}

local imei = ''
local misc = {}
modem.misc = misc

loop.after(start.number('YIELDMQ_IMEI_MS', 500), function()
  imei = '860000000000002'
  sys.publish('IMEI_READY_IND')
end)

function misc.getImei() return imei end
function misc.getSn() return imei == '' and '' or 'SHIM0002' end
function misc.getMuid() return imei == '' and '' or '0000000000000002' end
function misc.getVbatt() return 3900 end
function misc.getVbus() return false end
function misc.getClock() return os.date('*t') end
function misc.getVersion() return 'SHIM' end
function misc.getCalib() return true end

local net = { NetMode_noNet = 0, NetMode_LTE = 4 }
modem.net = net
local flying = false

function net.getRssi() return flying and 0 or 25 end
function net.getRsrp() return flying and -140 or -85 end
function net.getState() return flying and 'UNREGISTER' or 'REGISTERED' end
function net.getNetMode() return flying and net.NetMode_noNet or net.NetMode_LTE end
function net.getMcc() return '460' end
function net.getMnc() return '0' end
function net.getLac() return '0001' end
function net.getCi() return '00000001' end
function net.startQueryAll() end

function net.switchFly(on)
  if flying == on then return end
  flying = on
  link.allow(not on)
  sys.publish('FLYMODE', on)
end

local ril = { sent = {} }
modem.ril = ril

function ril.request(command, argument, onResponse, delay)
  table.insert(ril.sent, command)
  if onResponse then
    loop.after((delay or 0) + 20, function() onResponse(command, true, 'OK') end)
  end
end
function ril.regRsp() end
function ril.regUrc() end
function ril.deRegUrc() end

local pm = {}
modem.pm = pm
local awake = {}

function pm.wake(tag)
  assert(tag, 'pm.wake tag invalid')
  awake[tag] = true
end

function pm.sleep(tag)
  assert(tag, 'pm.sleep tag invalid')
  awake[tag] = nil
end

function pm.isSleep(tag)
  if tag then return not awake[tag] end
  return next(awake) == nil
end

return modem
