/**
 * What the flight recorder costs: node tools/build/run.mjs tools/bench/recorder.ts
 *
 * On Node, two clients in one process that differ in `recorder` only, in rounds by turns, over a port of next to nothing. Counted is the
 * CPU time of the process, and of the differences between the two of a round the median, so that other load on the machine hardly
 * shows. On the Espruino interpreter that ESPRUINO_BIN names, if any, the same works of two clients, the best of seven runs each.
 */
import { create } from '../../firmware/index.full.js'
import type { Bytes } from '../../firmware/types.js'
import { arrive, make, message } from '../../test/espruino/programs/figures.js'
import { runDevice } from '../../test/espruino/support/interpreter.js'
import { buildEspruino } from '../build/espruino.js'
import { flagsOf } from '../build/profiles.js'

const ROUNDS = 21
const CALLS = 2000
const TOPIC = 'plant/7/temperature'
const ESPRUINO_LIMIT_MS = 120_000

const payload = '0123456789abcdef0123456789abcdef' as Bytes
const incoming = message()
type Client = ReturnType<typeof make>

function newClient(recorder: number): Client {
  const client = make(create, recorder)
  client.connect()
  for (let i = 0; i < 10; i += 1) client.yield(0)
  return client
}

/** One whose messages go nowhere, so that as many as the outbox holds are waiting. */
function newFull(recorder: number): Client {
  const client = make(create, recorder)
  client.connect()
  while (client.publish(TOPIC, payload, 1) > 0);
  return client
}

const up = [newClient(0), newClient(2048)] as const
const full = [newFull(0), newFull(2048)] as const

interface Work {
  name: string
  clients: readonly [Client, Client]
  run: (client: Client) => void
}

const works: Work[] = [
  { name: 'publish at QoS 0', clients: up, run: (client) => { client.publish(TOPIC, payload) } },
  { name: 'publish at QoS 1, acknowledged', clients: up, run: (client) => { client.publish(TOPIC, payload, 1); client.yield(0) } },
  { name: 'message received', clients: up, run: (client) => { arrive(incoming); client.yield(0) } },
  { name: 'slice with nothing to do', clients: up, run: (client) => { client.yield(0) } },
  { name: 'publish refused, the outbox is full', clients: full, run: (client) => { client.publish(TOPIC, payload, 1); client.yield(0) } }
]

/** CPU time of one call, ns. The port is one for both clients: what it has for this one is taken before the other's turn. */
function cost(work: Work, which: 0 | 1): number {
  const client = work.clients[which]
  const from = process.cpuUsage()
  for (let i = 0; i < CALLS; i += 1) work.run(client)
  const { user, system } = process.cpuUsage(from)
  client.yield(0)
  const left = client.stats().outboxCount
  if ((left > 0) !== (work.clients === full)) throw new Error(`${work.name}: ${left} messages are left in the outbox`)
  return (user + system) * 1000 / CALLS
}

function median(list: number[]): number {
  return list.sort((a, b) => a - b)[(list.length - 1) / 2]!
}

console.log('Node, CPU time:')
for (const work of works) {
  const without: number[] = []
  const more: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    // Who is first changes, so that neither has the warmer caches.
    const first = round % 2 as 0 | 1
    const one = cost(work, first)
    const other = cost(work, 1 - first as 0 | 1)
    without.push(first === 0 ? one : other)
    more.push(first === 0 ? other - one : one - other)
  }
  console.log(`  ${work.name}: ${median(without).toFixed(0)} ns without, ${median(more).toFixed(0)} ns more with the recorder`)
}

const SCRIPT = `
var p = require("program"), y = require("yieldmq"), payload = "0123456789abcdef0123456789abcdef", incoming = p.message();
function make(recorder) {
  var v = used(), client = p.make(y.create, recorder);
  client.connect();
  for (var i = 0; i < 10; i++) client.yield(0);
  say("variables", used() - v);
  return client;
}
var clients = [make(0), make(2048)], c = clients[0];
// Time on a processor, where the kernel tells it.
function now() { var f = E.openFile("/proc/self/schedstat", "r"), ns = f === undefined ? getTime() * 1e9 : parseFloat(f.read(40)); if (f !== undefined) f.close(); return ns; }
function time(fn) { var t = now(); for (var i = 0; i < 60; i++) fn(); return (now() - t) / 6e4; }
function measure(fn) {
  var us = [1e9, 1e9];
  for (var r = 0; r < 16; r++) {
    c = clients[r % 2];
    var t = time(fn) - empty;
    if (t < us[r % 2]) us[r % 2] = t;
    c.yield(0);
  }
  say("us", us);
}
var empty = time(function() { });
measure(function() { c.publish("${TOPIC}", payload); });
measure(function() { c.publish("${TOPIC}", payload, 1); c.yield(0); });
measure(function() { p.arrive(incoming); c.yield(0); });
measure(function() { c.yield(0); });
say("done");
`

if ((process.env.ESPRUINO_BIN ?? '') === '') console.log('Espruino: not measured, ESPRUINO_BIN does not name an interpreter')
else {
  // The recorder in the smaller profile: `full` in variables leaves an interpreter of 16383 no room to work.
  const flags = { ...flagsOf('standard'), FEATURE_RECORDER: true }
  const { code } = await buildEspruino({ entry: 'firmware/index.full.ts', flags })
  const program = (await buildEspruino({ entry: 'test/espruino/programs/figures.ts', flags: flagsOf('full') })).code
  const device = await runDevice({ yieldmq: code, program }, SCRIPT, ESPRUINO_LIMIT_MS, 'loadRam')
  console.log('Espruino, best time:')
  device.all('us').forEach((row, i) => {
    const [without, withIt] = row as [number, number]
    console.log(`  ${works[i]!.name}: ${without.toFixed(0)} us without, ${(withIt - without).toFixed(0)} us more with the recorder`)
  })
  const [without, withIt] = device.all('variables') as [number, number]
  console.log(`  variables of a client that is up: ${without} without, ${withIt - without} more with a recorder that is nearly empty`)
}
