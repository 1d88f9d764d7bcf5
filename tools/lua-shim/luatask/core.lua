-- What the LuaTask firmware has without a require: rtos, bit, pack, crypto,
-- pmd, uart.
--
-- rtos.tick(): the unit is not documented. The vendor's own script takes a
-- sixteenth of it for milliseconds, so it is 16 ticks in a millisecond here
-- (YIELDMQ_TICKS_PER_MS changes that: 16.384 for a 16384 Hz counter), a signed
-- 32-bit number that wraps to negative. YIELDMQ_TICKS_ORIGIN stays in ms.
--
-- crypto: unlike LuatOS, the lengths are explicit arguments (only hmac_sha256
-- also takes text and key alone); the text is upper-case hexadecimal.
-- bit: results are signed 32-bit numbers.

local use = ...
local loop = use('loop')
local bits = use('bits')
local digest = use('digest')
local start = use('start')

local core = {}
local ticksPerMs = start.number('YIELDMQ_TICKS_PER_MS', 16)

core.rtos = {
  INF_TIMEOUT = 0, POWERON_KEY = 0, POWERON_CHARGER = 1, POWERON_ALARM = 2, POWERON_RESTART = 3,
  tick = function() return loop.ticks(ticksPerMs) end,
  poweron_reason = function() return 0 end,
  poweron = function() end,
  restart = function() start.leave(start.RESTART) end,
  get_version = function() return 'Luat_V0000_SHIM_FLOAT' end,
  make_dir = function() return true end,
  set_trace = function() end,
  openSoftDog = function() end,
  eatSoftDog = function() end,
  closeSoftDog = function() end,
  on = function() end
}

local int32 = loop.int32
local bit = {}
core.bit = bit

for _, name in ipairs({ 'band', 'bor', 'bxor' }) do
  local fn = bits[name]
  bit[name] = function(first, ...)
    local value = first
    for i = 1, select('#', ...) do value = fn(value, (select(i, ...))) end
    return int32(value)
  end
end
function bit.bnot(a) return int32(bits.bnot(a)) end
function bit.lshift(a, n) return int32(bits.lshift(a, n)) end
function bit.rshift(a, n) return int32(bits.rshift(a, n)) end
function bit.arshift(a, n) return int32(math.floor(int32(a) / 2 ^ n)) end
function bit.bit(n) return int32(2 ^ n) end
function bit.isset(a, n) return bits.band(a, 2 ^ n) ~= 0 end
function bit.isclear(a, n) return bits.band(a, 2 ^ n) == 0 end

local crypto = {}
core.crypto = crypto

local function cut(text, length)
  assert(type(length) == 'number', 'crypto: the length is missing')
  return text:sub(1, length)
end

for _, name in ipairs({ 'md5', 'sha1', 'sha256' }) do
  crypto[name] = function(text, length)
    if length == 'file' then
      local file = assert(io.open(text, 'rb'))
      text = file:read('*a')
      file:close()
      return digest[name](text)
    end
    return digest[name](cut(text, length))
  end
  crypto['hmac_' .. name] = function(text, length, key, keyLength)
    if name == 'sha256' and type(length) == 'string' then return digest.hmac_sha256(text, length) end
    return digest['hmac_' .. name](cut(text, length), cut(key, keyLength))
  end
end

core.pmd = {
  param_get = function() return 1, 3900, 80, false, 0 end,
  sleep = function() end
}

core.uart = {
  ATC = 100, PAR_NONE = 2, PAR_EVEN = 0, PAR_ODD = 1, STOP_1 = 0, STOP_2 = 2,
  setup = function() end, close = function() end, on = function() end,
  write = function() end, read = function() return '' end
}

core.pack = use('luatask/pack')

return core
