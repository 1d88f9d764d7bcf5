-- The sys library of LuatOS: tasks, waits, timers, messages.
--
-- Quirks kept:
--   wait(ms) below 1 ms: the kernel refuses the timer; it returns at once and
--     nothing else gets to run. On Lua 5.3 a wait with a fraction is an error.
--   wait() ends early, with the values, when anything resumes the task.
--   waitUntil gives true plus the message's values, or false on time-out.
--   waitMsg gives nil (not false) on time-out, and takes 0 or nil as for ever.
--     Messages that are not the target go to the task's callback or are lost.
--   timerStart of the same function and arguments replaces the earlier timer.
--   An uncaught error anywhere ends the process (the module restarts).

local use = ...
local loop = use('loop')
local start = use('start')
local unpack = table.unpack or unpack

local sys = {}
local subscribers = {}
local messages, head, tail = {}, 1, 0
local timers = {}
local timerId = 0x1FFFFF
local tasks = {}

local function whole(ms)
  if math.tointeger then
    local n = math.tointeger(ms)
    if not n then error('number has no integer representation', 3) end
    return n
  end
  return math.floor(ms)
end

local function current()
  local co, main = coroutine.running()
  if not co or main then error('attempt to yield from outside a coroutine', 3) end
  return co
end

local function checked(co, ok, ...)
  if not ok then start.fail(debug.traceback(co, tostring((...)))) end
  return ok, ...
end

function sys.coresume(co, ...)
  return checked(co, coroutine.resume(co, ...))
end

function sys.taskInit(fn, ...)
  local co = coroutine.create(fn)
  sys.coresume(co, ...)
  return co
end

function sys.wait(ms)
  local co = current()
  if whole(ms) < 1 then return end
  local timer = loop.after(ms, function() sys.coresume(co) end)
  local values = { coroutine.yield() }
  if #values ~= 0 then
    loop.cancel(timer)
    return unpack(values)
  end
end

function sys.subscribe(id, callback)
  if type(id) == 'table' then
    for _, one in pairs(id) do sys.subscribe(one, callback) end
    return
  end
  subscribers[id] = subscribers[id] or {}
  subscribers[id][callback] = true
end

function sys.unsubscribe(id, callback)
  if type(id) == 'table' then
    for _, one in pairs(id) do sys.unsubscribe(one, callback) end
    return
  end
  if not subscribers[id] then return end
  subscribers[id][callback] = nil
  if next(subscribers[id]) == nil then subscribers[id] = nil end
end

function sys.publish(...)
  tail = tail + 1
  messages[tail] = { n = select('#', ...), ... }
end

function sys.waitUntil(id, ms)
  local co = current()
  sys.subscribe(id, co)
  local values
  if ms then values = { sys.wait(ms) } else values = { coroutine.yield() } end
  sys.unsubscribe(id, co)
  return values[1] ~= nil, unpack(values, 2, #values)
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
      elseif type(target) == 'thread' then
        sys.coresume(target, unpack(message, 1, message.n))
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
  sys.timerStop(fn, ...)
  if whole(ms) < 1 then return nil end
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

-- Tasks with a message queue of their own.

function sys.taskInitEx(fn, name, callback, ...)
  if name == nil then return end
  tasks[name] = { queue = {}, callback = callback }
  return sys.taskInit(fn, ...)
end

function sys.taskDel(name)
  tasks[name] = nil
end

function sys.sendMsg(name, a, b, c, d)
  local task = tasks[name]
  if not task then return false end
  table.insert(task.queue, { a, b, c, d })
  sys.publish(name)
  return true
end

function sys.cleanMsg(name)
  if not tasks[name] then return false end
  tasks[name].queue = {}
  return true
end

local function wanted(task, target)
  while #task.queue > 0 do
    local message = table.remove(task.queue, 1)
    if target == nil or message[1] == target then return message end
    if type(task.callback) == 'function' then task.callback(message) end
  end
end

function sys.waitMsg(name, target, ms)
  local task = tasks[name]
  if not task then return false end
  local message = wanted(task, target)
  if message then return message end
  local co = current()
  local late, timer = false, nil
  sys.subscribe(name, co)
  if ms and ms ~= 0 then
    timer = loop.after(whole(ms), function()
      late = true
      sys.publish(name)
    end)
  end
  repeat
    coroutine.yield()
    message = wanted(task, target)
  until message or late
  if timer then loop.cancel(timer) end
  sys.unsubscribe(name, co)
  return message
end

function sys.run()
  repeat
    dispatch()
  until not loop.step()
  start.leave(loop.code or 0)
end

_G.sys_pub = sys.publish
_G.sys_send = sys.sendMsg
_G.sys_wait = sys.waitMsg

return sys
