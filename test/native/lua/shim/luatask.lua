-- Checks of the LuaTask shim. Arguments: ports of server.py, then its folder.
PROJECT, VERSION = 'SHIM', '1.0.0'
local echo, secure, bye, late, source, refused = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3]),
  tonumber(arg[4]), tonumber(arg[5]), tonumber(arg[6])
local folder = arg[7]
assert(sys == nil and socket == nil)
require 'sys'
require 'socket'
require 'misc'
require 'nvm'
require 'common'
sys.init(0, 0)

local passed = 0
local function check(what, good, ...)
  if not good then
    print('FAILED ' .. what, ...)
    __shim.stop(1)
    coroutine.yield()
  end
  passed = passed + 1
end

local all = {}
for i = 0, 255 do all[#all + 1] = string.char(i) end
all = table.concat(all)

local function opened(port, ...)
  local c = socket.tcp(...)
  return c, c:connect('localhost', port, 5)
end

local function gather(c, n)
  local parts, got = {}, 0
  while got < n do
    local ok, data = c:recv(5000)
    check('recv', ok, data)
    parts[#parts + 1] = data
    got = got + #data
  end
  return table.concat(parts)
end

local function plain()
  local c, ok, id = opened(echo)
  check('connected', ok and id == 0, ok, id)
  check('send', c:send(all, 5))
  check('256 values', gather(c, 256) == all)
  local t0 = rtos.tick()
  local good, why = c:recv(100)
  local spent = (rtos.tick() - t0) / 16
  check('time-out', good == false and why == 'timeout' and spent >= 95 and spent < 200, spent)
  local data = all:rep(400)
  check('send 100 kB', c:send(data, 10))
  check('100 kB', gather(c, #data) == data)
  sys.timerStart(sys.publish, 30, 'OUT', 'hello')
  local ok2, msg, param = c:recv(5000, 'OUT')
  check('message', ok2 == false and msg == 'OUT' and param == 'hello')
  __shim.chunk(100)
  c:send(all)
  local _, first = c:recv(1000)
  check('chunks', #first == 100, #first)
  check('the rest', first .. gather(c, 156) == all)
  __shim.chunk(0)
  local caught
  sys.taskInit(function() caught = { pcall(c.recv, c, 10) } end)
  check('another task', caught[1] == false and tostring(caught[2]):find('mismatch'))
  c:close()
end

local function quirks()
  local c = opened(echo)
  c:send('one')
  sys.wait(100)
  check('after a send data are queued', #c.input == 1 and c.input[1] == 'one')
  check('asyncRecv', c:asyncRecv() == 'one' and c:asyncRecv() == '')
  c:close()
  c = opened(bye)
  c:recv(1000)
  local good, why = sys.wait(1000)
  check('recv left it receiving', good == true and #why > 0, good, why)
  c:close()
  c = opened(bye)
  local ended, reason = sys.wait(2000)
  check('a close ends any wait', ended == false and reason == 'CLOSED', ended, reason)
  check('recv fails with data left', c:recv(10) == false and #c.input > 0)
  check('which asyncRecv gives', #c:asyncRecv() == 5000)
  check('send fails', c:send('x') == false)
  c:close()
  check('wait(0) asserts', pcall(sys.wait, 0) == false)
  local t0 = rtos.tick()
  sys.wait(1)
  check('5 ms at least', (rtos.tick() - t0) / 16 >= 4.9)
  c = opened(source)
  c:send('x')
  sys.wait(700)
  check('256 chunks, then held back', #c.input == 257 and c.isBlock, #c.input)
  local got = #gather(c, 1000000)
  check('nothing lost', got == 1000000, got)
  c:close()
  local d, ok = opened(refused)
  check('refused', ok == false)
  d:close()
  d = socket.tcp()
  check('no such name', d:connect('no.such.name.invalid', 1, 5) == false)
  d:close()
  local forever = true
  sys.taskInit(function()
    local e = opened(echo)
    e:recv(0)
    forever = false
  end)
  sys.wait(300)
  check('recv(0) waits for ever', forever)
end

local function bearer()
  local c = opened(echo)
  __shim.cut(200)
  local ok, why = c:recv(5000)
  check('bearer gone', ok == false and why == 'IP_ERROR_IND' and not socket.isReady(), ok, why)
  check('no connect now', socket.tcp():connect('localhost', echo, 1) == false)
  c:close()
  check('IP_READY_IND', sys.waitUntil('IP_READY_IND', 1000) and socket.isReady())
  c = opened(echo)
  link.shut()
  ok, why = c:recv(5000)
  check('shut', ok == false and why == 'IP_ERROR_IND')
  c:close()
  check('back after 2 s', sys.waitUntil('IP_READY_IND', 3000))
  net.switchFly(true)
  check('flight mode', sys.waitUntil('IP_ERROR_IND', 1000) and net.getState() ~= 'REGISTERED')
  net.switchFly(false)
  check('landed', sys.waitUntil('IP_READY_IND', 3000))
end

local function async()
  local c = opened(echo)
  sys.timerStart(function() c:asyncSend('later') end, 50)
  check('woken to send', c:asyncSelect() == true)
  sys.timerStart(function() c:asyncSend('x') end, 100)
  check('again', c:asyncSelect() == true and c:asyncRecv() == 'later')
  c:close()
end

local function encrypted()
  local c, ok = opened(secure, true)
  check('tls', ok)
  local data = all:rep(400)
  c:send(data)
  check('tls 100 kB', gather(c, #data) == data)
  c:close()
  c, ok = opened(secure, true, { caCert = folder .. '/cert.pem' })
  check('verified', ok)
  c:close()
  c, ok = opened(secure, true, { caCert = folder .. '/other.pem' })
  check('another CA', ok == false)
  c:close()
end

local function small()
  check('no imei yet', misc.getImei() == '')
  check('imei', sys.waitUntil('IMEI_READY_IND', 2000) and #misc.getImei() == 15)
  check('pack', pack.pack('>bHPA', 16, 258, 'ab', all) == '\16\1\2\0\2ab' .. all)
  local at, a, b, s = pack.unpack('\16\1\2\0\2abrest', '>bHP')
  check('unpack', at == 8 and a == 16 and b == 258 and s == 'ab')
  check('unpack short', select('#', pack.unpack('\16', '>bH')) == 2)
  check('bit', bit.band(0xF0F0, 0xFF) == 0xF0 and bit.bor(1, 2, 4) == 7 and bit.bnot(0) == -1
    and bit.lshift(1, 31) == -2147483648 and bit.rshift(-1, 28) == 15 and bit.bxor(5, 1) == 4)
  check('md5', crypto.md5('abcd', 3) == '900150983CD24FB0D6963F7D28E17F72')
  check('hmac', crypto.hmac_md5('what do ya want for nothing?', 28, 'Jefe', 4) == '750C783E6AB0B503EAA86E310A5DB738')
  check('length needed', pcall(crypto.md5, 'abc') == false)
  check('toHex', ('\1\255'):toHex() == '01FF' and #('a,b,,c'):split(',') == 4)
  __shim.ticks(2 ^ 31 / 16 - 50 - rtos.tick() / 16)
  local t0 = rtos.tick()
  sys.wait(100)
  check('ticks wrap', t0 > 0 and rtos.tick() < 0, t0, rtos.tick())
  __shim.ticks(0)
end

sys.taskInit(function()
  check('not ready', not socket.isReady())
  check('IP_READY_IND', sys.waitUntil('IP_READY_IND', 3000))
  small()
  plain()
  quirks()
  bearer()
  async()
  encrypted()
  print(_VERSION .. ' luatask: ' .. passed .. ' checks passed')
  os.exit(0)
end)
sys.run()
