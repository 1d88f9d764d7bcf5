/**
 * The rows `espruino.publish.*` and `espruino.slice.idle`: what one call costs, both clients in one interpreter, in rounds by turns. All is
 * loaded into variables, since flash is a file here and reading a file costs what no board's flash does.
 *
 * The socket is one whose `write` does nothing, so that what is timed ends at the interpreter's own; for `.write` it is a real one.
 * A client may publish as much at a time as its port has credit for; then the socket has to be heard, which is not timed.
 */
import { ScriptedBroker } from '../../../test/support/broker.js'
import type { Interpreter } from '../../../test/espruino/support/interpreter.js'
import type { Profile } from '../../build/profiles.js'
import { rowOf, type Row } from '../row.js'
import { ourBundle, PEER_NAME, PORT, withDevice } from './device.js'
import type { Run } from './rows.js'

const LIMIT_MS = 120_000
const TOPIC = 'plant/7/temperature'
/** Calls between two looks at the socket: what they write is within the credit of the port. */
const BATCH: Record<number, number> = { 32: 8, 256: 1 }
/** Batches of a round. */
const REPEAT: Record<number, number> = { 32: 40, 256: 200 }
const headerBytes = (payload: number): number => (payload + TOPIC.length + 2 > 127 ? 3 : 2) + 2 + TOPIC.length

/** Stands for the interpreter's `net`: sockets that take everything and say what the script makes them say. */
const STUB = `
exports.all = [];
exports.connect = function(options, connected) {
  var socket = { up: connected, on: function(event, fn) { this["on_" + event] = fn; }, write: function() { }, end: function() { } };
  exports.all.push(socket);
  return socket;
};`

/**
 * `times(fns, n, repeat)`: us of one of `n` calls of each function, an empty call taken off. They take turns, batch by batch, so that what
 * the machine's speed does it does to all. Of `repeat` batches the shortest counts: what else the machine does only ever adds to one,
 * and a batch is short enough to be left alone. The interpreter collects its garbage first: a long string is looked for in the list
 * of free variables, which goes out of order with use, and the peer's publish would take up to five times as long with it.
 */
const TIMER = `
function nothing() { }
function spent(fn, n, repeat, before) {
  var least = 1e9, i, k, t;
  for (k = 0; k < repeat; k++) { before(); t = getTime(); for (i = 0; i < n; i++) fn(); t = getTime() - t; if (t < least) least = t; }
  return least * 1e6 / n;
}
function times(fns, n, repeat) {
  var least = fns.map(function() { return 1e9; }), k, i, us, all = [nothing].concat(fns), empty = 1e9;
  for (k = 0; k < repeat; k++) {
    for (i = 0; i < all.length; i++) {
      process.memory();
      us = spent(all[i], n, 1, i === 0 ? nothing : rest);
      if (i === 0) { if (us < empty) empty = us; } else if (us < least[i - 1]) least[i - 1] = us;
    }
  }
  return least.map(function(one) { return one - empty; });
}`

const payloads = [32, 256].map((size) => `p${size} = "${'0123456789abcdef'.repeat(size / 16)}"`).join(', ')

const script = (rounds: number, withPeer: boolean): string => `
${TIMER}
var ${payloads}, net = require("net"), client, peer, mine, theirs, written = 0;
client = require("yieldmq").create(${PORT}, { servers: [{ host: "broker", port: 1883 }], keepalive: 0, clientId: "bench" });
client.connect();
client.yield(0);
mine = net.all[0];
function rest() { mine.on_drain(mine); for (var i = 0; i < 3; i++) client.yield(0); }
rest();
mine.on_data("\\x20\\x02\\x00\\x00");
rest();
${withPeer ? `peer = require("MQTT").create("broker", { client_id: "peer" });
peer.connect();
theirs = net.all[1];
theirs.up();
theirs.on_data("\\x20\\x02\\x00\\x00");` : ''}
function ours32() { client.publish("${TOPIC}", p32); }
function ours256() { client.publish("${TOPIC}", p256); }
function theirs32() { peer.publish("${TOPIC}", p32); }
function theirs256() { peer.publish("${TOPIC}", p256); }
function idle() { client.yield(0); }
function count(data) { written += data.length; }
function check(name, socket, fn, n) { var write = socket.write; rest(); written = 0; socket.write = count; for (var i = 0; i < n; i++) fn(); socket.write = write; rest(); say(name, written); }
function round() {
  var of32 = times([ours32${withPeer ? ', theirs32' : ''}, idle], ${BATCH[32]}, ${REPEAT[32]}), of256 = times([ours256${withPeer ? ', theirs256' : ''}], ${BATCH[256]}, ${REPEAT[256]});
  say("round", { ours32: of32[0], ours256: of256[0], idle: of32[${withPeer ? 2 : 1}]${withPeer ? ', theirs32: of32[1], theirs256: of256[1]' : ''} });
}
setTimeout(function() {
  for (var i = 0; i < ${rounds}; i++) round();
  check("ours32", mine, ours32, ${BATCH[32]}); check("ours256", mine, ours256, ${BATCH[256]});
  ${withPeer ? `check("theirs32", theirs, theirs32, ${BATCH[32]}); check("theirs256", theirs, theirs256, ${BATCH[256]});` : ''}
  say("done");
}, 10);`

/** With sockets that are real: the calls are timed, and the interpreter then has time to send what they gave it. */
const scriptOfWrite = (port: number, rounds: number, withPeer: boolean): string => `
${TIMER}
var ${payloads}, client, peer, left = ${rounds}, at = 0, least = [1e9, 1e9];
client = require("yieldmq").create(${PORT}, { servers: [{ host: "127.0.0.1", port: ${port} }], keepalive: 0, clientId: "bench", onLink: function(state) { if (state === "up") begin(); } });
client.connect();
function ours() { client.publish("${TOPIC}", p32); }
function theirs() { peer.publish("${TOPIC}", p32); }
var empty = spent(nothing, ${BATCH[32]}, ${REPEAT[32]}, nothing);
function take(side, fn) { process.memory(); var us = spent(fn, ${BATCH[32]}, 1, nothing) - empty; if (us < least[side]) least[side] = us; }
function step() {
  take(0, ours);
  ${withPeer ? `take(1, theirs);` : ''}
  if (++at === ${REPEAT[32]}) { say("round", least); at = 0; least = [1e9, 1e9]; left--; }
  if (left > 0) setTimeout(step, 10); else setTimeout(function() { say("done"); }, 500);
}
function begin() {
  ${withPeer ? `peer = require("MQTT").create("127.0.0.1", { port: ${port}, client_id: "peer" }); peer.on("connected", function() { setTimeout(step, 200); }); peer.connect();` : 'setTimeout(step, 200);'}
}`

interface Round { ours32: number; ours256: number; idle: number; theirs32?: number; theirs256?: number }

/** Every call of both sides wrote its packet, so that what was timed is the whole of it. */
function checkWritten(device: Interpreter, sides: readonly string[]): void {
  for (const side of sides) {
    for (const size of [32, 256]) {
      const expected = BATCH[size]! * (headerBytes(size) + size)
      const seen = device.all(side + size)[0]
      if (seen !== expected) throw new Error(`${BATCH[size]} publishes of ${size} bytes (${side}) wrote ${String(seen)} bytes instead of ${expected}`)
    }
  }
}

async function callRows(profile: Profile, end: string, { rounds, peer, wanted }: Run): Promise<Row[]> {
  const modules: Record<string, string> = { net: STUB, yieldmq: await ourBundle(profile), ...peer === undefined ? {} : { MQTT: peer } }
  const seen = await withDevice(modules, script(rounds, peer !== undefined), 'loadRam', async (device) => {
    await device.hears('done', LIMIT_MS)
    checkWritten(device, peer === undefined ? ['ours'] : ['ours', 'theirs'])
    return device.all('round') as Round[]
  })
  const rows: Row[] = []
  const sized = (size: 32 | 256): void => {
    const heading = { name: `espruino.publish.${size}${end}`, unit: 'us', peerName: PEER_NAME, better: 'less', atLeast: 1.5 } as const
    if (wanted(heading.name)) rows.push(rowOf(heading, seen.map((one) => one[`ours${size}`]), peer === undefined ? null : seen.map((one) => one[`theirs${size}`] ?? NaN)))
  }
  sized(32)
  sized(256)
  const idle = { name: `espruino.slice.idle${end}`, unit: 'us', peerName: 'our own publish of 32 bytes', better: 'less', atLeast: 1 } as const
  if (wanted(idle.name)) rows.push(rowOf(idle, seen.map((one) => one.idle), seen.map((one) => one.ours32)))
  return rows
}

async function writeRow(profile: Profile, name: string, { rounds, peer }: Run): Promise<Row> {
  const broker = new ScriptedBroker({ enforceKeepalive: false })
  const { port, stop } = await broker.serve()
  try {
    const modules: Record<string, string> = { yieldmq: await ourBundle(profile), ...peer === undefined ? {} : { MQTT: peer } }
    const seen = await withDevice(modules, scriptOfWrite(port, rounds, peer !== undefined), 'loadRam', async (device) => {
      await device.hears('done', LIMIT_MS)
      return device.all('round') as [number, number][]
    })
    const expected = rounds * BATCH[32]! * REPEAT[32]!
    for (const one of broker.peers) {
      if (one.all('publish').length !== expected) throw new Error(`the server had ${one.all('publish').length} of ${expected} messages of ${one.connect?.clientId}`)
    }
    return rowOf({ name, unit: 'us', peerName: PEER_NAME, better: 'less', atLeast: 1 }, seen.map(([ours]) => ours), peer === undefined ? null : seen.map(([, theirs]) => theirs))
  } finally {
    await stop()
  }
}

/** The profile tiny has the names of the rows to itself, since the peer is nearest to it; those of standard end in its name. */
export async function publishRows(run: Run): Promise<Row[]> {
  const rows: Row[] = []
  for (const [profile, end] of [['tiny', ''], ['standard', '.standard']] as const) {
    if (['espruino.publish.32', 'espruino.publish.256', 'espruino.slice.idle'].some((name) => run.wanted(name + end))) {
      run.progress(`publish and slice, ${profile}: ${run.rounds} rounds`)
      rows.push(...await callRows(profile, end, run))
    }
    const name = `espruino.publish.32.write${end}`
    if (run.wanted(name)) {
      run.progress(`${name}: ${run.rounds} rounds`)
      rows.push(await writeRow(profile, name, run))
    }
  }
  return rows
}
