-- Starts the agent on the platform at hand. Arguments: NAME=VALUE.
local given = {}
for _, one in ipairs(arg) do
  local name, value = one:match('^(%w+)=(.*)$')
  given[name] = tonumber(value) or value
end
local folder = arg[0]:match('^(.*)/[^/]*$') or '.'
package.path = folder .. '/?.lua;' .. package.path
if given.ca then
  local file = assert(io.open(given.ca, 'rb'))
  given.tls = { ca = file:read('*a'), servername = given.servername }
  file:close()
end

local platform = __shim and (given.platform or 'luatos') or 'luasocket'

if platform == 'luasocket' then
  if given.chunk then
    -- A connection that gives at most so many bytes at a time.
    local library = require 'socket'
    local tcp = library.tcp
    library.tcp = function()
      local real = tcp()
      local one = {}
      for _, name in ipairs { 'settimeout', 'setoption', 'getoption', 'connect', 'getpeername', 'send', 'close', 'getfd' } do
        one[name] = function(_, ...) return real[name](real, ...) end
      end
      function one:receive(most) return real:receive(math.min(most, given.chunk)) end
      return one
    end
  end
  local y = require 'yieldmq'
  local agent = require('agent').start(y, y.luasocket({ id = 'openwrt' }), given)
  while not agent.done do
    agent.client:yield(20)
    agent.step()
  end
  agent.finish()
  os.exit(0)
end

if platform == 'luatask' then require 'sys' end
if given.chunk then __shim.chunk(given.chunk) end
if given.ticks then __shim.ticks(given.ticks) end
local other = 0
local over = false
sys.taskInit(function()
  local y = require 'yieldmq'
  local agent = require('agent').start(y, y[platform]({ folder = folder }), given)
  while not agent.done do
    agent.client:yield(20)
    agent.step()
  end
  agent.finish(other)
  over = true
  os.exit(0)
end)
-- A second task, which must not keep the first from its pings.
sys.taskInit(function()
  while not over do
    sys.wait(20)
    other = other + 1
  end
end)
sys.run()
