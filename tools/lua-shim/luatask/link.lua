-- The link library of LuaTask, and the bearer under it.
--
-- IP_READY_IND is published YIELDMQ_IP_READY_MS (200) after the start.
-- Quirk kept: shut() publishes IP_ERROR_IND and brings the link back 2 s
-- later; it does not close the connections, each client must do so.

local use = ...
local loop = use('loop')
local conn = use('conn')
local start = use('start')
local sys = use('luatask/sys')

local link = { onCut = function() end }
local ready = false
local allowed = true
local pending

local function up()
  pending = nil
  if ready or not allowed then return end
  ready = true
  sys.publish('IP_READY_IND')
end

local function later(ms)
  if pending then loop.cancel(pending) end
  pending = loop.after(ms, up)
end

local function down()
  if pending then loop.cancel(pending) end
  pending = nil
  if not ready then return end
  ready = false
  sys.publish('IP_ERROR_IND')
end

function link.isReady() return ready end
function link.setAPN(apn) link.apn = apn end
function link.setDnsIP() end
function link.setAuthApn() end

function link.shut()
  ready = false
  sys.publish('IP_ERROR_IND')
  later(2000)
end

-- Flight mode; net.switchFly calls this.
function link.allow(on)
  allowed = on
  if on then
    later(500)
  else
    link.onCut()
    conn.cut()
    down()
  end
end

-- Fault: the bearer goes and comes back after ms (200).
function start.shim.cut(ms, close)
  link.onCut()
  conn.cut(close)
  down()
  later(ms or 200)
end

later(start.number('YIELDMQ_IP_READY_MS', 200))

return link
