-- Runs a LuaTask script on a PC: lua5.1 luatask/run.lua main.lua [arguments]
-- (lua5.3 works for scripts that do not use module()).
--
-- The libraries are there for require, and become globals when they are
-- required, themselves or by another library that needs them, as on the
-- module; rtos, bit, pack, crypto, pmd and uart are there without a require.
-- See loop.lua, start.lua and the files beside this one.

local root = (arg[0]:match('^(.*/)[^/]*$') or './') .. '../'
local loaded = {}
local function use(name)
  if loaded[name] == nil then
    local chunk = assert(loadfile(root .. name .. '.lua'))
    loaded[name] = chunk(use)
  end
  return loaded[name]
end

use('loop')
use('tls')
for _, name in ipairs({ 'socket', 'ssl' }) do
  package.loaded[name] = nil
  _G[name] = nil
end

for name, library in pairs(use('luatask/core')) do _G[name] = library end
os.clockms = function() return rtos.tick() / 16 end
_G.COROUTINE_ERROR_RESTART = true

local modem, text = use('luatask/modem'), use('luatask/text')
local libraries = {
  sys = use('luatask/sys'), socket = use('luatask/socket'), link = use('luatask/link'),
  nvm = use('luatask/nvm'), patch = {}, clib = {},
  misc = modem.misc, net = modem.net, ril = modem.ril, pm = modem.pm,
  log = text.log, utils = text.utils, common = text.common
}
local needs = {
  sys = { 'utils', 'log', 'patch', 'clib' }, patch = { 'pm' }, ril = { 'sys' }, net = { 'ril' },
  misc = { 'ril' }, link = { 'net' }, socket = { 'link', 'utils' }, nvm = { 'log' }
}

for name, library in pairs(libraries) do
  package.preload[name] = function()
    _G[name] = library
    for _, other in ipairs(needs[name] or {}) do require(other) end
    return library
  end
end

use('start').script(arg)
