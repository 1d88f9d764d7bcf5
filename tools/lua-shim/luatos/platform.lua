-- The small libraries of LuatOS: log, rtos, mcu, crypto, pm, wdt.
--
-- Quirks kept: mcu.ticks() is a 32-bit number of ms that wraps to negative;
-- the digests are upper-case hexadecimal text; trng gives 128 bytes at most.

local use = ...
local loop = use('loop')
local digest = use('digest')
local start = use('start')

local platform = {}

local log = { LOG_DEBUG = 1, LOG_INFO = 2, LOG_WARN = 3, LOG_ERROR = 4 }
local level = 1

local function writer(letter, rank)
  return function(tag, ...)
    if level > rank then return end
    local parts = { letter .. '/' .. tostring(tag) }
    for i = 1, select('#', ...) do parts[i + 1] = tostring((select(i, ...))) end
    io.stdout:write(table.concat(parts, ' '), '\n')
  end
end

log.debug = writer('D', 1)
log.info = writer('I', 2)
log.warn = writer('W', 3)
log.error = writer('E', 4)

local levels = { DEBUG = 1, INFO = 2, WARN = 3, ERROR = 4 }
function log.setLevel(to)
  level = type(to) == 'number' and to or levels[to] or 9
end
function log.getLevel() return level end
platform.log = log

local function restart()
  start.leave(start.RESTART)
end

platform.rtos = {
  INF_TIMEOUT = -1,
  reboot = restart,
  meminfo = function()
    local used = math.floor(collectgarbage('count') * 1024)
    return 1048576, used, used
  end,
  version = function() return 'V0000' end,
  bsp = function() return 'SHIM' end,
  firmware = function() return 'LuatOS-SoC_V0000_SHIM' end,
  buildDate = function() return '2020-01-01' end
}

platform.mcu = {
  ticks = function() return loop.ticks(1) end,
  hz = function() return 1000 end,
  unique_id = function() return 'SHIM-UNIQUE-ID-1' end,
  setClk = function() return true end,
  getClk = function() return 0 end
}

local crypto = {
  trng = function(n)
    if n < 1 then return end
    return digest.random(math.min(n, 128))
  end
}
for name, fn in pairs(digest) do
  if name ~= 'random' then crypto[name] = fn end
end
platform.crypto = crypto

platform.pm = {
  NONE = 0, IDLE = 1, LIGHT = 2, DEEP = 3, HIB = 4,
  USB = 0, GPS = 1, GPS_ANT = 2, CAMERA = 3, DAC_EN = 4, PWK_MODE = 5, WORK_MODE = 6,
  request = function() return true end,
  force = function() return true end,
  check = function() return true end,
  power = function() return true end,
  dtimerStart = function() return true end,
  dtimerStop = function() end,
  dtimerCheck = function() return false end,
  lastReson = function() return 0, 0, 0, 0 end,
  reboot = restart,
  shutdown = function() start.leave(0) end
}

platform.wdt = {
  init = function() return true end,
  feed = function() return true end
}

return platform
