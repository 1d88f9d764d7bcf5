-- The sys library of LuaTask (Air724): tasks, waits, timers, messages.
--
-- Quirks kept:
--   wait(ms) asserts ms > 0 and waits at least 5 ms; timers likewise.
--   wait() and waitUntil() end early, with the values, when anything resumes
--     the task; waitUntil then says true. The socket library does resume tasks
--     so (see socket.lua).
--   subscribe takes string ids only; others are refused with a warning.
--   timerStart of the same function and arguments replaces the earlier timer.
--   init asserts PROJECT and VERSION.
--   coroutine.resume logs the errors of tasks. The platform goes on after
--     them unless COROUTINE_ERROR_RESTART is set; the shim sets it (run.lua),
--     so an error ends the process. Errors in callbacks always do.
-- Not here: the soft watchdog of 60 s.

local use = ...
local loop = use('loop')
local start = use('start')
local unpack = table.unpack or unpack

local sys = { SCRIPT_LIB_VER = 'shim' }
local subscribers = {}
local messages, head, tail = {}, 1, 0
local timers = {}
local timerId = 0x1FFFFFFF
local waiting = setmetatable({}, { __mode = 'k' })

local rawResume = coroutine.resume

local function checked(co, ok, ...)
  if not ok then
    local text = debug.traceback(co, tostring((...)))
    if _G.COROUTINE_ERROR_RESTART then start.fail(text) end
    print('[E]-[coroutine.resume]', text)
  end
  return ok, ...
end

-- A task that ended, or runs, cannot be resumed: an event came too late. The
-- platform logs it and goes on.
function coroutine.resume(co, ...)
  local status = coroutine.status(co)
  if status ~= 'suspended' then
    print('[E]-[coroutine.resume]', 'cannot resume a task that is ' .. status)
    return false, 'cannot resume ' .. status .. ' coroutine'
  end
  return checked(co, rawResume(co, ...))
end

function sys.taskInit(fn, ...)
  local co = coroutine.create(fn)
  coroutine.resume(co, ...)
  return co
end

function sys.init()
  assert(_G.PROJECT and _G.PROJECT ~= '' and _G.VERSION and _G.VERSION ~= '', 'Undefine PROJECT or VERSION')
end

function sys.powerOn() end

function sys.restart(reason)
  assert(reason and reason ~= '', 'sys.restart cause null')
  print('[W]-[sys.restart]', reason)
  start.leave(start.RESTART)
end

function sys.wait(ms)
  assert(ms > 0, 'The wait time cannot be negative!')
  local co = coroutine.running()
  local timer
  timer = loop.after(math.max(5, ms), function()
    if waiting[co] ~= timer then return end
    waiting[co] = nil
    coroutine.resume(co)
  end)
  waiting[co] = timer
  local values = { coroutine.yield() }
  if #values ~= 0 then
    loop.cancel(timer)
    waiting[co] = nil
    return unpack(values)
  end
end

local function valid(id, callback)
  local kind = type(callback)
  if type(id) == 'string' and (kind == 'function' or kind == 'thread') then return true end
  print('[W]-[sys.subscribe]', 'invalid parameter', id, callback)
  return false
end

function sys.subscribe(id, callback)
  if not valid(id, callback) then return end
  subscribers[id] = subscribers[id] or {}
  subscribers[id][callback] = true
end

function sys.unsubscribe(id, callback)
  if not valid(id, callback) or not subscribers[id] then return end
  subscribers[id][callback] = nil
  if next(subscribers[id]) == nil then subscribers[id] = nil end
end

function sys.publish(...)
  tail = tail + 1
  messages[tail] = { n = select('#', ...), ... }
end

local function await(id, ms)
  local co = coroutine.running()
  sys.subscribe(id, co)
  local values
  if ms then values = { sys.wait(ms) } else values = { coroutine.yield() } end
  sys.unsubscribe(id, co)
  return values
end

function sys.waitUntil(id, ms)
  local values = await(id, ms)
  return values[1] ~= nil, unpack(values, 2, #values)
end

function sys.waitUntilExt(id, ms)
  local values = await(id, ms)
  if values[1] == nil then return false end
  return unpack(values)
end

local function dispatch()
  while head <= tail do
    local message = messages[head]
    messages[head] = nil
    head = head + 1
    local targets = {}
    for target in pairs(subscribers[message[1]] or {}) do targets[#targets + 1] = target end
    for _, target in ipairs(targets) do
      if type(target) == 'function' then
        target(unpack(message, 2, message.n))
      else
        coroutine.resume(target, unpack(message, 1, message.n))
      end
    end
  end
end

local function sameValues(a, b)
  if a.n ~= b.n then return false end
  for i = 1, a.n do
    if a[i] ~= b[i] then return false end
  end
  return true
end

local function drop(id)
  loop.cancel(timers[id].handle)
  timers[id] = nil
end

function sys.timerStop(what, ...)
  if type(what) == 'number' then
    if timers[what] then drop(what) end
    return
  end
  local values = { n = select('#', ...), ... }
  for id, timer in pairs(timers) do
    if timer.fn == what and sameValues(timer.values, values) then
      drop(id)
      return
    end
  end
end

function sys.timerStopAll(fn)
  local ids = {}
  for id, timer in pairs(timers) do
    if timer.fn == fn then ids[#ids + 1] = id end
  end
  for _, id in ipairs(ids) do drop(id) end
end

local function arm(fn, ms, again, ...)
  assert(fn ~= nil, 'sys.timerStart(first param) is nil !')
  assert(ms > 0, 'sys.timerStart(Second parameter) is <= zero !')
  ms = math.max(5, ms)
  sys.timerStop(fn, ...)
  timerId = timerId + 1
  local id = timerId
  local timer = { fn = fn, values = { n = select('#', ...), ... } }
  timers[id] = timer
  timer.handle = loop.after(ms, function()
    if not again then timers[id] = nil end
    fn(unpack(timer.values, 1, timer.values.n))
  end, again and ms or nil)
  return id
end

function sys.timerStart(fn, ms, ...)
  return arm(fn, ms, false, ...)
end

function sys.timerLoopStart(fn, ms, ...)
  return arm(fn, ms, true, ...)
end

function sys.timerIsActive(what, ...)
  if type(what) == 'number' then return timers[what] and timers[what].fn end
  local values = { n = select('#', ...), ... }
  for _, timer in pairs(timers) do
    if timer.fn == what and sameValues(timer.values, values) then return true end
  end
end

function sys.run()
  repeat
    dispatch()
  until not loop.step()
  start.leave(loop.code or 0)
end

return sys
