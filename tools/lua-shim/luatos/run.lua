-- Runs a LuatOS script on a PC: lua5.3 luatos/run.lua main.lua [arguments]
-- (lua5.1 works too, except where the script needs 5.3).
--
-- Everything LuatOS has is there as a global and for require. See loop.lua,
-- start.lua and the files beside this one for what is kept of the platform.

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

local platform = use('luatos/platform')
local libraries = {
  sys = use('luatos/sys'), sysplus = use('luatos/sys'), socket = use('luatos/socket'),
  libnet = use('luatos/libnet'), zbuff = use('luatos/zbuff'), mobile = use('luatos/mobile'),
  fskv = use('luatos/fskv')
}
for name, library in pairs(platform) do libraries[name] = library end
for name, library in pairs(libraries) do
  package.loaded[name] = library
  -- libnet is a script on the platform: it needs a require.
  if name ~= 'libnet' then _G[name] = library end
end

use('start').script(arg)
