/**
 * The rows `espruino.at.variables` and `espruino.at.kilobyte`: the client behind an AT modem. A script of ours plays the serial line and
 * hands over pieces of 64 bytes, as a UART does, so that no time of a line and of no module is in the figures.
 *
 * The peer is EspruinoDocs' AT.js with its driver SIM900.js. It takes bytes that the module pushes, where we ask for them, so that TCP holds
 * a fast server back: a command and two lines of answer for each kilobyte are in our figure and not in its own. It does not register, watch
 * or recover the module either.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { minify } from 'terser'
import { PINS } from '../../../test/espruino/support/modem.js'
import { buildModule } from '../../build/board-build.js'
import { readBoards } from '../../build/boards.js'
import { rowOf, type Row } from '../row.js'
import { FAKE_LINE, READ_BYTES, TIMING } from './at-script.js'
import { Unprepared, withDevice } from './device.js'
import type { Run } from './rows.js'

const PEER_NAME = 'EspruinoDocs AT.js, SIM900.js'
const PEER_FILES = { AT: 'modules/AT.js', SIM900: 'devices/SIM900.js' }
const BOARD = 'uart-modem'
const LIMIT_MS = 60_000
/** The best of so many: what else the machine does only lengthens one, and one is short. */
const RUNS = 100

const MAKE_OURS = 'hal = y.espruino({ serial: line, apn: "internet", signalEvery: 0 });'
const MAKE_THEIRS = 'modem = y.connect(line, undefined, function() { });'

/** The peer's modules, minified; undefined where ESPRUINO_AT_PEER names no folder. */
async function peerModules(): Promise<Record<string, string> | undefined> {
  const folder = process.env.ESPRUINO_AT_PEER ?? ''
  if (folder === '') return undefined
  const modules: Record<string, string> = {}
  for (const [name, file] of Object.entries(PEER_FILES)) {
    const whole = path.join(folder, file)
    if (!existsSync(whole)) throw new Unprepared(`ESPRUINO_AT_PEER names ${folder}, which has no ${file}: it takes the folder of EspruinoDocs`)
    modules[name] = (await minify(readFileSync(whole, 'latin1'), { toplevel: true, compress: { toplevel: true }, mangle: { toplevel: true } })).code ?? ''
  }
  return modules
}

/** Variables of client and port, from Storage, made and not connected. */
async function variables(modules: Record<string, string>, load: string, make: string): Promise<number> {
  const script = `${PINS}${FAKE_LINE}
String; Array; Object; Math; Number; Function; E; Modules; require("net"); require("NetworkJS"); require("Storage"); getTime; setTimeout; setInterval; clearTimeout; clearInterval; parseInt;
line.write = function() { };
var y, hal, modem, client, before = 0;
before = used();
${load} ${make}
setTimeout(function() { say("variables", used() - before); }, 300);`
  return withDevice(modules, script, 'load', async (device) => await device.hears('variables', LIMIT_MS) as number)
}

/** us for a kilobyte, from the module's first byte to the program that takes it. */
async function kilobyte(modules: Record<string, string>, ready: string, one: string): Promise<number> {
  const script = `${PINS}${FAKE_LINE}${TIMING}
Modules.addCached("NetworkJS", "exports.create = function(calls) { global.network = calls; };");
var y, hal, modem, network, got = 0;
function measured() {
  takeTimers();
  kilobyte();
  if (got !== ${READ_BYTES}) say("bad", got);
  say("us", best(kilobyte, ${RUNS}, 1));
}
${one}
${ready}`
  return withDevice(modules, script, 'loadRam', async (device) => {
    const us = await device.hears('us', LIMIT_MS) as number
    if (device.all('bad').length > 0) throw new Error(`of a kilobyte ${String(device.all('bad')[0])} bytes came`)
    return us
  })
}

const OURS = {
  ready: `y = require("yieldmq"); ${MAKE_OURS}
var socket = hal.socket.open({ host: "1.2.3.4", port: 1883 });
hal.timer.onWake(function() { if (pull) { var some = socket.read(536); while (some.length > 0) { got += some.length; some = socket.read(536); } } });
var wait = setInterval(function() { if (socket.status() === 1) { clearInterval(wait); pull = true; measured(); } }, 50);`,
  one: `function kilobyte() {
  feed("\\r\\n+CIPRXGET: 1,0\\r\\n"); settle();
  feed("\\r\\n+CIPRXGET: 2,0,${READ_BYTES},0\\r\\n" + payload + "\\r\\nOK\\r\\n"); settle();
}`
}

const THEIRS = {
  ready: `y = require("SIM900"); pull = true; ${MAKE_THEIRS} measured();`,
  one: `function kilobyte() {
  feed("\\r\\n+RECEIVE,0,${READ_BYTES}:\\r\\n" + payload + "\\r\\n"); settle();
  var some = network.recv(0, 536); while (some.length > 0) { got += some.length; some = network.recv(0, 536); }
}`
}

export async function atRows({ rounds, peer, wanted, progress }: Run): Promise<Row[]> {
  const rows: Row[] = []
  const [name, timeName] = ['espruino.at.variables', 'espruino.at.kilobyte']
  if (!wanted(name) && !wanted(timeName)) return rows
  const { code } = await buildModule(readBoards()[BOARD]!)
  const theirs = await peerModules()
  if (wanted(name)) {
    progress(name)
    const figure = await variables({ yieldmq: code }, 'y = require("yieldmq");', `${MAKE_OURS} client = y.create(hal, { servers: [{ host: "127.0.0.1", port: 1883 }], clientId: "bench" });`)
    const other = theirs === undefined || peer === undefined ? null :
      [await variables({ ...theirs, MQTT: peer }, 'y = require("SIM900");', `${MAKE_THEIRS} client = require("MQTT").create("127.0.0.1", { client_id: "peer" });`)]
    rows.push(rowOf({ name, unit: 'variables', peerName: `${PEER_NAME}, MQTT.js`, better: 'less', atLeast: 0 }, [figure], other))
  }
  if (wanted(timeName)) {
    const ours: number[] = []
    const others: number[] = []
    for (let round = 1; round <= rounds; round += 1) {
      progress(`${timeName}: round ${round} of ${rounds}`)
      ours.push(await kilobyte({ yieldmq: code }, OURS.ready, OURS.one))
      if (theirs !== undefined) others.push(await kilobyte(theirs, THEIRS.ready, THEIRS.one))
    }
    rows.push(rowOf({ name: timeName, unit: 'us', peerName: PEER_NAME, better: 'less', atLeast: 0 }, ours, theirs === undefined ? null : others))
  }
  return rows
}
