/** What the client costs on the interpreter: variables, and times as multiples of joining a packet out of held parts. */
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf, PROFILES } from '../../tools/build/profiles.js'
import { runDevice, type Interpreter } from './support/interpreter.js'

vi.setConfig({ testTimeout: 120_000 })

/** The best of a few runs of `calls` calls of `fn`, in us a call, less an empty loop. */
const script = (calls: number): string => `
function best(fn) {
  var least = 1e9;
  for (var r = 0; r < 7; r++) { var t = getTime(); for (var i = 0; i < ${calls}; i++) fn(); t = (getTime() - t) * ${1_000_000 / calls}; if (t < least) least = t; }
  return least;
}
var p = require("program"), y = require("yieldmq"), v1 = used();
var client = p.make(y.create, 0), v2 = used();
say("connect", client.connect());
for (var i = 0; i < 10; i++) client.yield(0);
var payload = "0123456789abcdef0123456789abcdef", incoming = p.message();
var head = String.fromCharCode(0x30, 53), topic = String.fromCharCode(0, 19) + "plant/7/temperature", packet, counts = p.counts();
function publish0() { client.publish("plant/7/temperature", payload); }
function publish1() { client.publish("plant/7/temperature", payload, 1); client.yield(0); }
function receive() { p.arrive(incoming); client.yield(0); }
var v3 = used();
say("variables", { client: v2 - v1, up: v3 - v2 });
var empty = best(function() { });
var us = { join: best(function() { packet = head + topic + payload; }) - empty, idle: best(function() { client.yield(0); }) - empty };
var w = counts.written; us.publish0 = best(publish0) - empty; say("written", counts.written - w);
us.publish1 = best(publish1) - empty; client.yield(0);
us.receive = best(receive) - empty; say("messages", counts.messages);
say("us", us);
var s = client.stats(); say("stats", [s.sent, s.delivered, s.received, s.outboxCount]);
var v4 = used();
for (var i = 0; i < ${calls * 1.5}; i++) { publish0(); publish1(); client.yield(0); receive(); }
for (var i = 0; i < 5; i++) client.yield(0);
say("growth", used() - v4);
client.destroy(); client = undefined;
say("done");
`

let program = ''
beforeAll(async () => {
  program = (await keptBundle('espruino', { entry: 'test/espruino/programs/figures.ts', flags: flagsOf('full') })).code
})

const CALLS = 200
const CALLS_SLOW = 20

interface Measured { device: Interpreter; calls: number; place: 'load' | 'loadRam' }

/** In variables where they are enough, else from Storage. What else goes wrong fails the test. */
async function measure(modules: Record<string, string>): Promise<Measured> {
  try {
    return { device: await runDevice(modules, script(CALLS), 60_000, 'loadRam'), calls: CALLS, place: 'loadRam' }
  } catch (error) {
    if (!/LOW_MEMORY/.test((error as Error).message)) throw error
    return { device: await runDevice(modules, script(CALLS_SLOW), 60_000), calls: CALLS_SLOW, place: 'load' }
  }
}

describe.each(PROFILES)('the bundle of %s', (profile) => {
  test('publishes and receives without growing, and its figures are printed', async () => {
    const { code } = await keptBundle('espruino', { entry: `firmware/index.${profile}.ts`, flags: flagsOf(profile) })
    const { device, calls, place } = await measure({ yieldmq: code, program })
    const figures = device.all('us')[0] as Record<string, number>
    const variables = device.all('variables')[0] as Record<string, number>
    const rows = Object.entries(figures).filter(([name]) => name !== 'join').map(([name, us]) => `${name} ${us.toFixed(0)} us = ${(us / figures['join']!).toFixed(1)} joins`)
    console.log(`${profile}: ${code.length} bytes; variables: client ${variables['client']}, link up ${variables['up']}; ${rows.join(', ')}${place === 'load' ? ' (from Storage: its text and functions do not fit into the variables of this interpreter together, and a file instead of flash is slow)' : ''}`)
    expect(device.all('connect')).toEqual([0])
    // 7 runs, each call 55 bytes, and nothing was queued or refused.
    expect(device.all('written')[0]).toBe(7 * calls * 55)
    expect(device.all('messages')).toEqual([7 * calls])
    expect(device.all('stats')[0]).toEqual([7 * calls, 7 * calls, 7 * calls, 0])
    // Up to 900 messages; a counter that passes what a variable holds in itself takes one more.
    expect(device.all('growth')[0]).toBeLessThan(9)
  })
})
