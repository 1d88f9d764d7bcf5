/** What a full client really takes in the Lua interpreters, against the memory contract. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryContract } from '../../../tools/contract/contract.js'
import { keptBundle } from '../../../tools/build/kept.js'
import { flagsOf } from '../../../tools/build/profiles.js'

const profile = 'standard'
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-memory-'))
  writeFileSync(path.join(folder, 'bundle.lua'), (await keptBundle('lua', { entry: `firmware/index.${profile}.ts`, flags: flagsOf(profile) })).code, 'latin1')
  writeFileSync(path.join(folder, 'program.lua'), PROGRAM)
}, 120_000)
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

/** Fills outbox and registry of a client that is not connected, every text its own, and prints what that took. */
const PROGRAM = `
local y = dofile(arg[1])
local count, bytes, filters, filterBytes = tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4]), tonumber(arg[5])
local hal = {
  version = 1, socket = { open = function() error("offline") end }, timer = { ticks = function() return 0 end, since = function() return 0 end, wait = function() return 0 end },
  system = { id = function() return "x" end, random = function() return 1 end, feedWatchdog = function() end, guard = function(f, a, b, c) return f(a, b, c) or 0 end },
  text = { utf8 = function(s) return s end, text = function(s) return s end }
}
local client = y.create(hal, { servers = { { host = "h", port = 1 } }, onReceipt = function() end })
local function used() collectgarbage() collectgarbage() return collectgarbage("count") * 1024 end
client:publish("warm", "up", 0) client:subscribe("warm", 0)
local before = used()
local each = math.floor(bytes / count) - 12
for i = 2, count do assert(client:publish(string.format("t/%06d", i), string.format("%06d", i) .. string.rep("p", each - 6), 1) > 0) end
local outbox = used() - before
before = used()
for i = 2, filters do assert(client:subscribe(string.format("%06d", i) .. string.rep("f", filterBytes - 6), 0) > 0) end
io.write(string.format("%d %d", outbox, used() - before))
`

describe.each(['lua5.1', 'lua5.3'] as const)('on %s', (lua) => {
  it('a full outbox and registry take no more than the memory contract says, and more than half of it', () => {
    const bundle = path.join(folder, 'bundle.lua')
    const program = path.join(folder, 'program.lua')
    const filterBytes = 40
    const contract = memoryContract({}, profile, { filterBytes })
    const part = (name: string) => contract.parts.find((one) => one.part === name)!
    const outbox = part('outbox: messages')
    const filters = part('subscriptions')
    // A program cannot fill the half that is on its way out without a server.
    const wanted = filters.count / 2
    const [outboxUsed, filtersUsed] = execFileSync(lua, [program, bundle, String(outbox.count), String(outbox.bytes), String(wanted), String(filterBytes)], { encoding: 'utf8', timeout: 20_000 }).split(' ').map(Number) as [number, number]
    const target = lua === 'lua5.1' ? 'lua51' : 'lua53'
    console.log(`${lua} ${profile}: outbox ${outboxUsed} of ${outbox.memory[target]} bytes, ${wanted} filters ${filtersUsed} of ${filters.memory[target] / 2}`)
    for (const [seen, stated] of [[outboxUsed, outbox.memory[target]], [filtersUsed, filters.memory[target] / 2]] as const) {
      expect(seen).toBeLessThanOrEqual(stated)
      expect(seen).toBeGreaterThan(stated / 2)
    }
  })
})
