/** What a full client really takes on the interpreter, in variables, against the memory contract. */
import { describe, expect, test, vi } from 'vitest'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf, PROFILES } from '../../tools/build/profiles.js'
import { memoryContract } from '../../tools/contract/contract.js'
import { runDevice } from './support/interpreter.js'

vi.setConfig({ testTimeout: 120_000 })

/** Limits as a small board would have them. */
const limits = { outboxCount: 10, outboxBytes: 600, subscriptions: 8, packetOut: 200, packetIn: 200 }
const filterBytes = 40

/** Fills outbox and registry of a client that is not connected, every text its own, and says what that took. */
const SCRIPT = `
var y = require("yieldmq"), c = ${JSON.stringify(limits)};
var hal = {
  version: 1, socket: { open: function() { } }, timer: { ticks: function() { return 0; }, since: function() { return 0; }, wait: function() { return 0; } },
  system: { id: function() { return "x"; }, random: function() { return 1; }, feedWatchdog: function() { }, guard: function(f, a, b, c) { return f(a, b, c) || 0; } },
  text: { utf8: function(s) { return s; }, text: function(s) { return s; } }
};
function six(i) { return ("00000" + i).substr(-6); }
function rep(s, n) { var r = ""; while (n-- > 0) r += s; return r; }
var client = y.create(hal, { servers: [{ host: "h", port: 1 }], limits: c, onReceipt: function() { } });
client.publish("warm", "up", 0); client.subscribe("warm", 0);
var codes = [], i = 0, before = used(), each = Math.floor(c.outboxBytes / c.outboxCount) - 12;
for (i = 2; i <= c.outboxCount; i++) if (!(client.publish("t/" + six(i), six(i) + rep("p", each - 6), 1) > 0)) codes.push(i);
var outbox = used() - before;
before = used();
for (i = 2; i <= c.subscriptions; i++) if (!(client.subscribe(six(i) + rep("f", ${filterBytes} - 6), 0) > 0)) codes.push(-i);
say("used", [outbox, used() - before, process.memory().blocksize]);
say("refused", codes);
say("done");
`

describe.each(PROFILES)('a client of the profile %s', (profile) => {
  test('takes for a full outbox and registry no more variables than the memory contract says, and on a build like the boards\' more than half of them', async () => {
    const { code } = await keptBundle('espruino', { entry: `firmware/index.${profile}.ts`, flags: flagsOf(profile) })
    const device = await runDevice({ yieldmq: code }, SCRIPT, 60_000)
    const [outboxUsed, filtersUsed, size] = device.all('used')[0] as [number, number, number]
    const contract = memoryContract({ limits }, profile, { filterBytes })
    const part = (name: string) => contract.parts.find((one) => one.part === name)!
    const target = size <= 12 ? 'espruino12' : 'espruino14'
    const outbox = part('outbox: messages').memory[target]
    // A program cannot fill the half that is on its way out without a server.
    const filters = part('subscriptions').memory[target] / 2
    console.log(`${profile}, ${size} bytes a variable: outbox ${outboxUsed} of ${outbox}, filters ${filtersUsed} of ${filters}`)
    expect(device.all('refused')).toEqual([[]])
    for (const [seen, stated] of [[outboxUsed, outbox], [filtersUsed, filters]] as const) {
      expect(seen).toBeLessThanOrEqual(stated)
      // Variables of a 64-bit build hold more text.
      expect(seen).toBeGreaterThan(size <= 16 ? stated / 2 : stated / 3)
    }
  })
})
