-- Checks of the LuatOS shim. Arguments: ports of server.py, then its folder.
local echo, secure, bye, late, source, refused = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3]),
  tonumber(arg[4]), tonumber(arg[5]), tonumber(arg[6])
local folder = arg[7]
local libnet = require 'libnet'

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

local others = {}
local function opened(port, ...)
  local c = socket.create(nil, 'main')
  check('config', socket.config(c, ...))
  return c, libnet.connect('main', 5000, c, 'localhost', port)
end

local function gather(c, n)
  local buffer, parts = zbuff.create(16), {}
  local got = 0
  while got < n do
    local ok, len = socket.rx(c, buffer)
    check('rx', ok)
    if len > 0 then
      parts[#parts + 1] = buffer:query()
      buffer:del()
      got = got + len
    else
      local good, event = libnet.wait('main', 5000, c)
      check('wait', good and event, good, event)
    end
  end
  return table.concat(parts), #parts
end

local function plain()
  local c, ok = opened(echo)
  check('online', ok and socket.state(c) == 5)
  local okay, len = socket.rx(c, zbuff.create(10))
  check('rx of nothing', okay and len == 0)
  local t0 = mcu.ticks()
  local good, event = libnet.wait('main', 60, c)
  check('time-out', good == true and event == false and mcu.ticks() - t0 >= 59)
  check('tx', libnet.tx('main', 1000, c, all))
  check('256 values', gather(c, 256) == all)
  local z = zbuff.create(300)
  z:copy(nil, all)
  check('tx of zbuff', socket.tx(c, z))
  check('echo of zbuff', gather(c, 256) == all)
  __shim.chunk(7)
  socket.tx(c, all)
  local text, pieces = gather(c, 256)
  check('chunks', text == all and pieces == 37, pieces)
  __shim.chunk(0)
  socket.tx(c, 'abcdef')
  libnet.wait('main', 1000, c)
  local okay2, first = socket.read(c, 2)
  check('limited read', okay2 and first == 'ab')
  check('no EVENT for the rest', select(2, libnet.wait('main', 100, c)) == false)
  check('the rest', select(2, socket.read(c)) == 'cdef')
  sys.timerStart(sys.sendMsg, 30, 'main', socket.EVENT, 0)
  check('woken', select(2, libnet.wait('main', 5000, c)) == true)
  libnet.close('main', 1000, c)
  check('closed', select(1, socket.rx(c, z)) == false and socket.tx(c, 'x') == false)
  socket.release(c)
  check('released', socket.tx(c, 'x') == nil and socket.rx(nil) == nil)
end

local function big(port, ...)
  local c, ok = opened(port, ...)
  check('online', ok)
  local data = all:rep(400)
  local at, fulls, parts, got = 1, 0, {}, 0
  while got < #data do
    local full = false
    while at <= #data and not full do
      local piece, good = data:sub(at, at + 4095), nil
      good, full = socket.tx(c, piece)
      check('tx', good)
      if full then fulls = fulls + 1 else at = at + #piece end
    end
    local good, text = socket.read(c)
    check('read', good)
    parts[#parts + 1] = text
    got = got + #text
    if at > #data and text == '' then libnet.wait('main', 5000, c) else sys.wait(1) end
  end
  check('100 kB', table.concat(parts) == data)
  check('full was told', fulls > 0)
  libnet.close('main', 1000, c)
  socket.release(c)
end

local function bounded()
  local c = opened(late)
  local taken, fulls = 0, 0
  others = {}
  while taken < 200000 do
    local ok, full = socket.tx(c, ('y'):rep(4000))
    check('tx', ok)
    if full then
      fulls = fulls + 1
      check('TX_OK after full', sys.waitMsg('main', socket.TX_OK, 5000)[2] == 0)
    else
      taken = taken + 4000
    end
  end
  check('bounded', fulls > 0)
  check('all came', gather(c, 6) == '200000')
  socket.release(c)
end

local function broken()
  local c, ok = opened(bye)
  sys.wait(200)
  check('data after the close', socket.wait(c))
  local z = zbuff.create(4)
  local good, len = socket.rx(c, z)
  check('data after the close', ok and good and len == 5000 and z:used() == 5000)
  check('then broken', socket.rx(c, z) == false and libnet.wait('main', 100, c) == false)
  socket.release(c)
  c, ok = opened(refused)
  check('refused', ok == false)
  socket.release(c)
  c = socket.create(nil, 'main')
  socket.config(c)
  check('no such name', libnet.connect('main', 5000, c, 'no.such.name.invalid', 1) == false)
  check('then closing is at once', select(2, socket.discon(c)) == true)
  socket.release(c)
  local events = {}
  c = socket.create(nil, function(_, id, param) events[#events + 1] = { id, param } end)
  socket.config(c)
  socket.connect(c, '127.0.0.1', echo)
  sys.wait(100)
  check('callback', events[1][1] == socket.ON_LINE and events[1][2] == 0)
  socket.tx(c, 'x')
  sys.wait(100)
  check('TX_OK, EVENT', events[2][1] == socket.TX_OK and events[3][1] == socket.EVENT and events[3][2] == 0)
  __shim.cut(100)
  sys.wait(50)
  check('cut is told once', #events == 4 and events[4][1] == socket.EVENT and events[4][2] == -1)
  check('unread data count first', socket.wait(c) == true and select(2, socket.read(c)) == 'x')
  check('no use of a broken one', socket.tx(c, 'x') == false and socket.wait(c) == false)
  local up = socket.create(nil, 'main')
  check('link', libnet.waitLink('main', 1000, up))
  socket.connect(c, '127.0.0.1', echo)
  sys.wait(100)
  socket.tx(c, 'x')
  __shim.cut(50)
  sys.wait(20)
  check('a break while TX_OK is awaited', #events == 6 and events[6][1] == socket.TX_OK and events[6][2] == -1)
  socket.close(c)
  socket.connect(c, '127.0.0.1', echo)
  check('no link yet', socket.state(c) == 0)
  sys.wait(200)
  check('connects with the link', #events == 7 and events[7][2] == 0 and socket.state(c) == 5)
  socket.linkup(c)
  check('linkup marks it offline', socket.state(c) == 1 and socket.tx(c, 'x') == false)
  socket.release(c)
  socket.release(up)
end

local function encrypted()
  local file = io.open(folder .. '/cert.pem', 'rb')
  local cert = file:read('*a')
  file:close()
  file = io.open(folder .. '/other.pem', 'rb')
  local other = file:read('*a')
  file:close()
  big(secure, nil, nil, true)
  big(secure, nil, nil, true, nil, nil, nil, cert)
  local c, ok = opened(secure, nil, nil, true, nil, nil, nil, other)
  check('another CA', ok == false and socket.state(c) == 4)
  socket.release(c)
  c = socket.create(nil, 'main')
  check('no PEM', socket.config(c, nil, nil, true, nil, nil, nil, 'nonsense') == false)
  socket.release(c)
end

local function small()
  local z = zbuff.create(4, 0)
  check('cut write', z:write('abcdef') == 4 and z:used() == 4 and z[0] == 97 and z[4] == nil)
  z:del(1, 2)
  check('del', z:query() == 'ad' and z:len() == 4)
  z:copy(nil, 1, 2, 255)
  check('copy grows', z:query() == 'ad\1\2\255' and z:query(2, 2, true) == 258)
  z:del()
  check('empty', z:query() == nil and z:toStr(0, z:used()) == '')
  check('hmac', crypto.hmac_sha256('what do ya want for nothing?', 'Jefe')
    == '5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843')
  check('sha256 of 56', crypto.sha256(('a'):rep(56))
    == 'B35439A4AC6F0948B6D6F9E3C6AF0F5F590CE20F1BDE7090EF7970686EC6738A')
  check('sha1', crypto.sha1('abc') == 'A9993E364706816ABA3E25717850C26C9CD0D89D')
  check('md5 of all', crypto.md5(all) == 'E2C865DB4162BED963BFAA9EF6AC18F0')
  check('trng', #crypto.trng(1000) == 128)
  check('fskv before init', fskv.get('a') == nil and fskv.set('a', 1) == nil)
  fskv.init()
  check('fskv', fskv.set('k', all) and fskv.get('k') == all)
  check('fskv bound', fskv.set('k', ('x'):rep(4095)) and not fskv.set('k', ('x'):rep(4096)))
  __shim.ticks(2 ^ 31 - 50 - mcu.ticks())
  local t0 = mcu.ticks()
  sys.wait(100)
  check('ticks wrap', t0 > 0 and mcu.ticks() < 0, t0, mcu.ticks())
end

local function tasks()
  local order = {}
  sys.taskInit(function(a)
    order[#order + 1] = a
    sys.wait(0)
    order[#order + 1] = 'still me'
    sys.wait(20)
    sys.publish('GO', 1, 2)
  end, 'first')
  check('order', order[1] == 'first' and order[2] == 'still me')
  local ok, a, b = sys.waitUntil('GO', 1000)
  check('waitUntil', ok == true and a == 1 and b == 2)
  check('waitUntil time-out', sys.waitUntil('NEVER', 30) == false)
  local n = 0
  local id = sys.timerLoopStart(function() n = n + 1 end, 10)
  sys.wait(105)
  sys.timerStop(id)
  check('loop timer', n >= 9 and n <= 11, n)
  local once = 0
  local function fn() once = once + 1 end
  sys.timerStart(fn, 20)
  sys.timerStart(fn, 20)
  sys.wait(60)
  check('timer replaced', once == 1)
  sys.cleanMsg('main')
  check('waitMsg time-out', sys.waitMsg('main', 'none', 20) == nil)
  sys.sendMsg('main', 'other', 5)
  sys.sendMsg('main', 'mine', 6)
  others = {}
  check('waitMsg', sys.waitMsg('main', 'mine', 100)[2] == 6 and others[1][1] == 'other')
end

sys.taskInitEx(function()
  check('early', socket.adapter() == false)
  check('IP_READY', sys.waitUntil('IP_READY', 3000))
  small()
  tasks()
  plain()
  big(echo)
  bounded()
  broken()
  encrypted()
  print(_VERSION .. ' luatos: ' .. passed .. ' checks passed')
  os.exit(0)
end, 'main', function(message) others[#others + 1] = message end)
sys.run()
