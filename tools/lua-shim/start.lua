-- What both run.lua files share: the fault hooks for tests, the end of the
-- process, and running the script.
--
-- Exit status: 0 the loop ran out of work, 70 an uncaught error (the module
-- would restart), 71 a restart the script asked for, or what os.exit or
-- __shim.stop was given.
--
-- __shim: stop(code); chunk(n) received data come in pieces of at most n bytes
-- (0 = off); ticks(ms) sets the origin of the tick counter; cut(ms, close)
-- takes the bearer away for ms (see the platform's own part).

local use = ...
local loop = use('loop')
local conn = use('conn')

local start = { ERROR = 70, RESTART = 71 }
local shim = {}
start.shim = shim

function start.leave(code)
  io.stdout:flush()
  io.stderr:flush()
  os.exit(code)
end

-- An uncaught error: say it, and stand for the restart.
function start.fail(message)
  io.stdout:write('E/shim uncaught error: ', tostring(message), '\n')
  start.leave(start.ERROR)
end

function shim.stop(code)
  loop.stop(code)
end

function shim.chunk(n)
  conn.chunk = n or 0
end

function shim.ticks(ms)
  loop.setOrigin(ms or 0)
end

-- A number from the environment.
function start.number(name, default)
  return tonumber(os.getenv(name) or '') or default
end

-- Run the script named in the arguments, with the rest as its own.
function start.script(args)
  io.stdout:setvbuf('line')
  local path = args[1]
  if not path then
    io.stderr:write('usage: run.lua script.lua [arguments]\n')
    start.leave(64)
  end
  local own = { [0] = path }
  for i = 2, #args do own[i - 1] = args[i] end
  _G.arg = own
  _G.__shim = shim
  local folder = path:match('^(.*)/[^/]*$') or '.'
  start.folder = folder
  package.path = folder .. '/?.lua;' .. package.path
  local chunk, err = loadfile(path)
  if not chunk then start.fail(err) end
  local ok, trace = xpcall(function()
    chunk((table.unpack or unpack)(own))
  end, debug.traceback)
  if not ok then start.fail(trace) end
  start.leave(loop.code or 0)
end

return start
