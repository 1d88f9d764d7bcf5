-- Takes no message while a flood comes in, and then all of them. A second client hears when to begin.
local given = {}
for _, one in ipairs(arg) do
  local name, value = one:match('^(%w+)=(.*)$')
  given[name] = tonumber(value) or value
end
local folder = arg[0]:match('^(.*)/[^/]*$') or '.'
package.path = folder .. '/?.lua;' .. package.path
local y = require 'yieldmq'
local function say(...) io.stdout:write('@@', table.concat({ ... }, '\t'), '\n') io.stdout:flush() end
local function used() collectgarbage() collectgarbage() return collectgarbage('count') * 1024 end

local going = false
local servers = { { host = '127.0.0.1', port = given.port } }
local function limits() return { inboxCount = 16, inboxBytes = 8192 } end
local held = y.create(y.luasocket(), { servers = servers, clientId = given.id, cache = 'push-back', limits = limits() })
local other = y.create(y.luasocket(), { servers = servers, clientId = given.id .. 'go', onMessage = function() going = true end })
held:connect()
held:subscribe('flood', 1)
other:connect()
other:subscribe('go', 1)
for _ = 1, 20 do held:yield(10) other:yield(10) end
local before = used()
local grown = 0
say('ready')
while not going do
  held:yield(5)
  other:yield(5)
  grown = math.max(grown, used() - before)
end
local heard, inOrder = 0, 1
while heard < 10000 do
  local message = held:receive(2000)
  if message == nil then break end
  if tonumber(message.payload) ~= heard then inOrder = 0 end
  heard = heard + 1
  if heard % 500 == 0 then
    grown = math.max(grown, used() - before)
    other:yield(0)
  end
end
say('heard', heard, inOrder, held:stats().inboxCountMost, math.floor(grown))
held:disconnect()
held:yield(200)
os.exit(0)
