-- Measures one thing and prints its figures. Arguments: what, a folder with the bundles, and what that needs.
local what, folder, extra = arg[1], arg[2], arg[3]
local ROUNDS = tonumber(os.getenv('ROUNDS') or '9')

local function say(...) io.write('@@', table.concat({ ... }, '\t'), '\n') end

-- A port and a server in one: everything is answered at once.
local function world()
  local w = { clock = 0, written = 0, packets = 0 }
  local inbox, from = {}, 1
  local function give(bytes) inbox[#inbox + 1] = bytes end
  function w.give(bytes) give(bytes) end
  local socket = {}
  w.status = 1
  function socket:status() return w.status end
  function socket:read(max)
    local one = inbox[from]
    if one == nil then return '' end
    inbox[from] = nil
    from = from + 1
    if #one > max then
      from = from - 1
      inbox[from] = one:sub(max + 1)
      return one:sub(1, max)
    end
    if inbox[from] == nil then from = 1 inbox = {} end
    return one
  end
  function socket:pending() local one = inbox[from] return one and #one or 0 end
  function socket:credit() return 8192 end
  function socket:unacked() return -1 end
  function socket:close() end
  function socket:write(bytes)
    w.written = w.written + #bytes
    if w.answers then
      local i = 1
      while i <= #bytes do
        local first, n, at, unit = bytes:byte(i), 0, i + 1, 1
        local b
        repeat
          b = bytes:byte(at)
          n = n + b % 128 * unit
          unit = unit * 128
          at = at + 1
        until b < 128
        local kind = (first - first % 16) / 16
        if kind == 1 then give('\32\2\0\0')
        elseif kind == 8 then give(string.char(0x90, 3, bytes:byte(at), bytes:byte(at + 1), 1))
        elseif kind == 12 then give('\208\0')
        elseif kind == 3 then
          w.packets = w.packets + 1
          if first % 8 >= 2 then
            local length = bytes:byte(at) * 256 + bytes:byte(at + 1)
            give(string.char(0x40, 2, bytes:byte(at + 2 + length), bytes:byte(at + 3 + length)))
          end
        end
        i = at + n
      end
    end
    return #bytes
  end
  w.hal = {
    version = 1, timer = { ticks = function() return w.clock end, since = function(t) return w.clock - t end, wait = function(ms) w.clock = w.clock + ms return 0 end },
    socket = { open = function() inbox, from = {}, 1 w.status = 1 return socket end },
    system = {
      id = function() return 'x' end, random = function() return 1 end, wallClock = function() return 0 end, resetReason = function() return 'unknown' end,
      feedWatchdog = function() end, restart = function() end, guard = function(f, a, b, c) local r = f(a, b, c) return type(r) == 'number' and r or 0 end
    },
    text = { utf8 = function(s) return s end, text = function(s) return s end }
  }
  return w
end

local function up(y, options)
  local w = world()
  w.answers = true
  options.servers = { { host = 'h', port = 1 } }
  local client = y.create(w.hal, options)
  assert(client:connect() == 0)
  for _ = 1, 5 do client:yield(10) end
  assert(client:stats().connects == 1, 'the link is not up')
  return client, w
end

local payloads = {}
for i = 1, 200 do payloads[i] = string.format('%032d', i) end
local TOPIC = 'plant/7/line/3/temperature'
assert(#TOPIC == 26)

-- ns and bytes of garbage for a call of fn(payload).
local function measured(fn, count)
  collectgarbage() collectgarbage()
  collectgarbage('stop')
  local before = collectgarbage('count')
  for i = 1, 20000 do fn(payloads[i % 200 + 1]) end
  local garbage = (collectgarbage('count') - before) * 1024 / 20000
  collectgarbage('restart')
  collectgarbage()
  local began = os.clock()
  for i = 1, count do fn(payloads[i % 200 + 1]) end
  return (os.clock() - began) / count * 1e9, garbage
end

-- Rounds of several contestants, one after the other in each.
local function contest(list, count)
  for _ = 1, ROUNDS do
    for _, one in ipairs(list) do
      local ns, garbage = measured(one[2], count)
      say(one[1], ns, garbage)
    end
  end
end

local jobs = {}

-- The platform's client, with what it asks for; its functions are locals of its file.
local function taskCodec()
  local names = { log = { debug = function() end, info = function() end }, socket = {}, bit = {}, utils = true }
  names.bit.bor = function(a, b) return a % 256 >= 128 and a or a + b end
  pack = dofile(folder .. '/pack.lua')
  bit, log, socket = names.bit, names.log, {}
  local loadedRequire = require
  require = function(name) if name == 'log' or name == 'socket' or name == 'utils' then return true end return loadedRequire(name) end
  string.toHex = function(s) return s end
  local chunk = assert(loadfile(extra))
  chunk('mqtt')
  local module = package.loaded.mqtt or mqtt
  for level = 1, 60 do
    local name, value = debug.getupvalue(getmetatable(module.client('x')).__index.publish, level)
    if name == 'packPUBLISH' then return value end
  end
  error('no packPUBLISH in ' .. extra)
end

function jobs.encode()
  local y = dofile(folder .. '/encoders.lua')
  local field = y.fieldOf(TOPIC)
  local char = string.char
  local list = {
    { 'ours', function(payload) return y.encode(field, payload) end },
    { 'byHand', function(payload)
      local n = #TOPIC
      return char(48, 2 + n + #payload, (n - n % 256) / 256, n % 256) .. TOPIC .. payload
    end }
  }
  if extra then
    local pack = taskCodec()
    list[#list + 1] = { 'task', function(payload) return pack(0, 0, 0, 0, TOPIC, payload) end }
    assert(pack(0, 0, 0, 0, TOPIC, payloads[1]) == list[1][2](payloads[1]), 'the packets differ')
  end
  assert(list[1][2](payloads[1]) == list[2][2](payloads[1]), 'the packets differ')
  contest(list, 200000)
end

function jobs.idle()
  local list = {}
  for _, profile in ipairs { 'tiny', 'standard' } do
    local client = up(dofile(folder .. '/' .. profile .. '.lua'), {})
    list[#list + 1] = { profile, function() return client:yield(0) end }
    list[#list + 1] = { profile .. '.publish', function(payload) return client:publish(TOPIC, payload) end }
  end
  contest(list, 50000)
end

-- Bytes that the heap grows by from one function to the next.
local function used()
  collectgarbage() collectgarbage()
  return collectgarbage('count') * 1024
end

function jobs.heap()
  local form, file = arg[3], arg[4]
  if file == nil then
    file = form
    form = 'source'
  end
  local handle = assert(io.open(file, 'rb'))
  local text = handle:read('*a')
  handle:close()
  if form == 'strip' and string.sub(text, 1, 4) ~= '\27Lua' then text = string.dump(assert(load(text, '@x')), true) end
  if arg[5] == 'peer' then
    log, socket, bit = { debug = function() end, info = function() end }, {}, {}
    pack = {}
    package.loaded.log, package.loaded.socket, package.loaded.utils = log, socket, {}
  end
  local before = used()
  local loaded = assert((loadstring or load)(text, '@x'))('mqtt')
  local after = used()
  say('heap', after - before, loaded == nil and 0 or 1)
end

function jobs.growth()
  local profile, messages, reconnects = extra, tonumber(arg[4]), tonumber(arg[5])
  local heard = 0
  local client, w = up(dofile(folder .. '/' .. profile .. '.lua'), { onMessage = function() heard = heard + 1 end, reconnectPeriod = 100, reconnectSpread = profile ~= 'tiny' and 100 or nil })
  client:subscribe('in/#', 1)
  local id = 0
  local sent = 0
  local function work(count)
    for _ = 1, count do
      sent = sent + 1
      assert(client:publish(TOPIC, payloads[sent % 200 + 1], 1) > 0, 'refused')
      id = id % 65535 + 1
      w.give(string.char(0x32, 2 + 4 + 2 + 32, 0, 4) .. 'in/a' .. string.char((id - id % 256) / 256, id % 256) .. payloads[sent % 200 + 1])
      client:yield(1)
      client:yield(1)
    end
  end
  local function cut()
    w.status = -61
    local before = client:stats().connects
    for _ = 1, 2000 do
      client:yield(100)
      if client:stats().connects > before then return end
    end
    error('it did not come back')
  end
  work(2000)
  cut()
  cut()
  work(500)
  local before = used()
  for _ = 1, reconnects do
    -- A link that stood for a while is no flapping.
    w.clock = w.clock + 60000
    client:yield(1)
    w.clock = w.clock + 60000
    client:yield(1)
    work(messages / reconnects)
    cut()
  end
  work(500)
  say('growth', used() - before, sent, heard, client:stats().connects)
end

jobs[what]()
