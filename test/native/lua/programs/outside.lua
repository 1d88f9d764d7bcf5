-- Calls yield where nothing can wait: in a timer's function.
PROJECT = 'outside'
VERSION = '1.0.0'
local given = {}
for _, one in ipairs(arg) do
  local name, value = one:match('^(%w+)=(.*)$')
  given[name] = tonumber(value) or value
end
package.path = (arg[0]:match('^(.*)/[^/]*$') or '.') .. '/?.lua;' .. package.path
local sys = require 'sys'
sys.timerStart(function()
  local y = require 'yieldmq'
  local hal = y[given.platform]()
  local client = y.create(hal, { servers = { { host = '127.0.0.1', port = given.port } }, clientId = 'outside' })
  client:connect()
  local began = hal.timer.ticks()
  local code = client:yield(3000)
  io.stdout:write('@@outside\t', code, '\t', hal.timer.since(began), '\n')
  os.exit(0)
end, 50)
sys.run()
