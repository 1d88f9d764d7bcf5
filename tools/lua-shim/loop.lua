-- The event loop under both platforms: a message queue, timers and sockets.
--
-- It stands for the kernel side of the modules (message bus, timer service,
-- network thread). One message is handled at a time and nothing is ever called
-- from inside a script's own call, as on the modules.
--
-- Clock: LuaSocket's gettime() is the wall clock; a step back is swallowed, so
-- the clock here never runs backwards. YIELDMQ_TICKS_ORIGIN (ms) is added to
-- the tick counters only, not to the timers.

local lsocket = require('socket')

local loop = { tcp = lsocket }

local queue, first, last = {}, 1, 0
local timers = {}
local watched = {}
local serial = 0
local stopped = false
local origin = tonumber(os.getenv('YIELDMQ_TICKS_ORIGIN') or '') or 0

local shift, before = 0, lsocket.gettime()
local start = before

-- Milliseconds since the start, never falling.
function loop.now()
  local t = lsocket.gettime() + shift
  if t < before then
    shift = shift + before - t
    t = before
  end
  before = t
  return (t - start) * 1000
end

-- Bring a number into the range of a signed 32-bit counter, as an integer.
local two31, two32 = 2147483648, 4294967296
function loop.int32(n)
  return math.floor((math.floor(n) + two31) % two32 - two31)
end

-- A tick counter with `perMs` ticks in a millisecond; wraps to negative.
function loop.ticks(perMs)
  return loop.int32((loop.now() + origin) * perMs)
end

function loop.setOrigin(ms)
  origin = ms
end

-- Put a message on the bus.
function loop.post(fn, ...)
  last = last + 1
  queue[last] = { fn = fn, n = select('#', ...), ... }
end

-- Call fn after ms; with a period again and again. Returns a handle.
function loop.after(ms, fn, period)
  serial = serial + 1
  local timer = { due = loop.now() + ms, id = serial, fn = fn, period = period }
  loop.arm(timer)
  return timer
end

function loop.arm(timer)
  local at = #timers + 1
  while at > 1 and timers[at - 1].due > timer.due do
    at = at - 1
  end
  table.insert(timers, at, timer)
end

function loop.cancel(timer)
  timer.dead = true
  for i = 1, #timers do
    if timers[i] == timer then
      table.remove(timers, i)
      return
    end
  end
end

-- A watched object has `sock`, want() -> read, write, readable(), writable().
function loop.watch(object)
  watched[object] = true
end

function loop.unwatch(object)
  watched[object] = nil
end

local function fire(timer)
  if timer.dead then return end
  if not timer.period then timer.dead = true end
  timer.fn()
end

local function expire()
  local now = loop.now()
  while timers[1] and timers[1].due <= now do
    local timer = table.remove(timers, 1)
    loop.post(fire, timer)
    if timer.period then
      timer.due = math.max(timer.due + timer.period, now)
      loop.arm(timer)
    end
  end
end

local function poll(seconds)
  local reads, writes, owner = {}, {}, {}
  for object in pairs(watched) do
    local read, write = object:want()
    owner[object.sock] = object
    if read then reads[#reads + 1] = object.sock end
    if write then writes[#writes + 1] = object.sock end
  end
  if #reads == 0 and #writes == 0 then
    if seconds > 0 then lsocket.sleep(seconds) end
    return
  end
  local canRead, canWrite = lsocket.select(reads, writes, seconds)
  for _, sock in ipairs(canRead) do
    local object = owner[sock]
    if watched[object] and object.sock == sock then object:readable() end
  end
  for _, sock in ipairs(canWrite) do
    local object = owner[sock]
    if watched[object] and object.sock == sock then object:writable() end
  end
end

-- Handle one message, or wait for one. False when nothing can ever come.
function loop.step()
  if stopped then return false end
  if first <= last then
    local message = queue[first]
    queue[first] = nil
    first = first + 1
    message.fn((table.unpack or unpack)(message, 1, message.n))
    return not stopped
  end
  first, last = 1, 0
  if not timers[1] and next(watched) == nil then return false end
  local seconds = 1
  if timers[1] then
    seconds = math.max(0, math.min(1, (timers[1].due - loop.now()) / 1000))
  end
  poll(seconds)
  expire()
  return true
end

-- End the run; the process leaves with `code`.
function loop.stop(code)
  stopped = true
  loop.code = code or 0
end

return loop
