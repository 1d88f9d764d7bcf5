/** What a module's Lua heap holds of the client, against the budget of its board. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { findBoard } from '../../../tools/build/boards.js'
import { built } from './support.js'

const PROGRAM = `local file, form = arg[1], arg[2]
local handle = assert(io.open(file, 'rb'))
local text = handle:read('*a')
handle:close()
if form == 'strip' then text = string.dump(assert(load(text, '@x')), true) end
local function used() collectgarbage() collectgarbage() return collectgarbage('count') * 1024 end
local before = used()
local y = assert((loadstring or load)(text, '@x'))()

local nothing = function() return 0 end
local hal = {
  version = 1, socket = { open = nothing }, timer = { ticks = nothing, since = nothing, wait = nothing },
  system = { id = function() return 'x' end, random = nothing, wallClock = nothing, feedWatchdog = nothing, guard = nothing, resetReason = nothing, restart = nothing },
  text = { utf8 = function(s) return s end, text = function(s) return s end }
}
local client = y.create(hal, { servers = { { host = 'h', port = 1 } }, reconnectPeriod = 0 })
io.write(string.format('%d', used() - before), #text > 0 and '' or client)
`

it.each([['air780e', 'lua5.3'], ['air724', 'lua5.1']])('%s: the module loaded and one client made fit the budget on %s', (name, lua) => {
  const folder = built(name)
  const program = path.join(folder, 'heap.lua')
  writeFileSync(program, PROGRAM)
  let file = path.join(folder, 'yieldmq.lua')
  if (lua === 'lua5.1') {
    execFileSync('luac5.1', ['-s', '-o', path.join(folder, 'yieldmq.luac'), file])
    file = path.join(folder, 'yieldmq.luac')
  }
  const bytes = Number(execFileSync(lua, [program, file, lua === 'lua5.1' ? 'source' : 'strip'], { encoding: 'utf8', timeout: 20_000 }))
  console.log(`${name}: ${bytes} bytes of Lua heap on ${lua}, stripped`)
  const budget = findBoard(name).budget.heapBytes!
  expect(bytes).toBeLessThanOrEqual(budget)
  // A budget that nothing comes near says nothing.
  expect(bytes).toBeGreaterThan(budget * 0.8)
}, 60_000)
