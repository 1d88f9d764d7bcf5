#!/bin/sh
# Proves the shims: every check of test/*.lua on every interpreter there is.
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
status=0
for name in cert other; do
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$work/$name.key" -out "$work/$name.pem" 2>/dev/null
done
mv "$work/cert.key" "$work/key.pem"

mkfifo "$work/hold"
python3 "$here/test/server.py" "$work" <"$work/hold" >"$work/ports" &
server=$!
exec 3>"$work/hold"
until [ -s "$work/ports" ]; do sleep 0.1; done
ports=$(cat "$work/ports")

for lua in lua5.1 lua5.3; do
  for shim in luatos luatask; do
    YIELDMQ_STORE= timeout 60 "$lua" "$here/$shim/run.lua" "$here/test/$shim.lua" $ports "$work" >"$work/out" 2>&1 \
      || { echo "$lua $shim failed ($?):"; status=1; tail -n 20 "$work/out"; continue; }
    tail -n 1 "$work/out"
  done
done

# Exit status: an error in a task, a restart, stop(), an empty loop.
expect() {
  "$1" "$here/$2/run.lua" "$work/case.lua" >"$work/out" 2>&1
  got=$?
  if [ $got -ne "$3" ]; then status=1; echo "$1 $2: status $got, not $3"; cat "$work/out"; fi
}
for lua in lua5.1 lua5.3; do
  for shim in luatos luatask; do
    echo "require 'sys' sys.taskInit(function() sys.wait(20) error('on purpose') end) sys.run()" >"$work/case.lua"
    expect $lua $shim 70
    echo "require 'sys' sys.timerStart(function() local x = nil + 1 end, 20) sys.run()" >"$work/case.lua"
    expect $lua $shim 70
    echo "require 'sys' sys.timerStart(function() __shim.stop(5) end, 20) sys.run()" >"$work/case.lua"
    expect $lua $shim 5
    echo "require 'sys' sys.timerStart(function() (rtos.reboot or rtos.restart)() end, 20) sys.run()" >"$work/case.lua"
    expect $lua $shim 71
    echo "require 'sys' sys.run()" >"$work/case.lua"
    expect $lua $shim 0
  done
done

# What is stored outlives the process; module() works on 5.1.
mkdir "$work/store"
export YIELDMQ_STORE="$work/store"
cat >"$work/case.lua" <<'LUA'
fskv.init()
local all = {}
for i = 0, 255 do all[#all + 1] = string.char(i) end
all = table.concat(all)
local old = fskv.get('key \n')
fskv.set('key \n', all)
fskv.set('n', 7)
os.exit(old == all and fskv.get('n') == 7 and 9 or 8)
LUA
expect lua5.3 luatos 8
expect lua5.1 luatos 9
cat >"$work/config.lua" <<'LUA'
module(...)
name, level = 'default', 1
LUA
cat >"$work/app.lua" <<'LUA'
module(..., package.seeall)
require 'nvm'
function old() return nvm.get('name') end
LUA
cat >"$work/case.lua" <<'LUA'
require 'sys'
require 'nvm'
require 'app'
nvm.init('config.lua')
local old = app.old()
nvm.set('name', 'a\0"\n\255')
os.exit(old == 'default' and 8 or old == 'a\0"\n\255' and nvm.get('level') == 1 and 9 or 1)
LUA
expect lua5.1 luatask 8
expect lua5.1 luatask 9

exec 3>&-
wait $server
rm -rf "$work"
[ $status -eq 0 ] && echo 'shim: all passed'
exit $status
