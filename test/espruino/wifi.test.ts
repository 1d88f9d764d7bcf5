/** A board whose Wi-Fi fails, on the interpreter: the module `Wifi` is one that fails as an ESP32's does, the server is mosquitto. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { keptBundle } from '../../tools/build/kept.js'
import { flagsOf } from '../../tools/build/profiles.js'
import { startMosquitto, type Mosquitto } from '../support/mosquitto.js'
import { proxy } from '../support/proxy.js'
import { until } from '../support/until.js'
import { Board } from './support/board.js'

vi.setConfig({ testTimeout: 60_000 })

/** Joins when `exports.fault` is '', else tells the event of such a failure. The failure comes later, as there. */
const WIFI = `
var on = {};
exports.fault = ""; exports.joins = 0;
exports.on = function(event, fn) { on[event] = fn; };
exports.connect = function(ssid, options, done) {
  exports.joins++;
  setTimeout(function() {
    if (exports.fault !== "") { on.disconnected({ ssid: ssid, reason: "201", msg: exports.fault }); done(exports.fault); return; }
    on.associated(); on.connected({ ip: "127.0.0.1" }); done(null);
  }, 20);
};
exports.disconnect = function() { on.disconnected({ reason: "8", msg: "ASSOC_LEAVE" }); };
exports.lose = function(msg) { exports.fault = msg; on.disconnected({ reason: "200", msg: msg }); };`

const STEP_MS = 20_000
let code = ''
let broker: Mosquitto
const ends: (() => Promise<void>)[] = []
beforeAll(async () => {
  code = (await keptBundle('espruino', { entry: 'test/espruino/programs/client.wifi.ts', flags: flagsOf('standard') })).code
  broker = await startMosquitto()
}, 120_000)
afterAll(() => broker.remove())
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A board whose radio fails with `fault`, '' for not at all. */
function board(fault: string, port = broker.port): Board {
  const made = new Board(code, { servers: [{ host: '127.0.0.1', port }], clientId: 'board7', jitter: false, reconnectPeriod: 100, reconnectSpread: 100 }, {
    before: `var radio = require("Wifi"); radio.fault = ${JSON.stringify(fault)}; hal.network = y.wifi({ ssid: "plant", password: "secret", retryPeriod: 200 });
setInterval(function() { say("word", hal.network.reason()); say("joins", radio.joins); }, 20);`
  }, { Wifi: WIFI })
  ends.push(() => made.device.end())
  return made
}

test.each([
  ['NO_AP_FOUND', 'ssid not found'],
  ['4WAY_HANDSHAKE_TIMEOUT', 'wrong password (4way_handshake_timeout)'],
  ['AUTH_FAIL', 'wrong password (auth_fail)']
])('a radio that says %s: the cause is the network, with "%s", no server is tried, and the client connects once the network is there', async (fault, word) => {
  const a = board(fault)
  // Between two attempts to join.
  await until(() => a.device.all('word').includes(word), STEP_MS, `the port to say ${JSON.stringify(word)}`, () => JSON.stringify(a.device.all('word').slice(-5)))
  await until(() => (a.device.all('joins').at(-1) as number) >= 3, STEP_MS, 'the third attempt to join')
  expect(await a.value('client.explain().code')).toBe(ErrorCode.NetworkDown)
  expect(a.device.all('link').some((one) => (one as [string])[0] === 'opening')).toBe(false)
  a.device.type('radio.fault = "";\n')
  await a.link('up')
})

test('while the network is lost no server is tried, and the client is back when the network is', async () => {
  const relay = await proxy(broker.port)
  ends.push(() => relay.stop())
  const a = board('', relay.port)
  await a.link('up')
  a.device.type('radio.lose("BEACON_TIMEOUT");\n')
  await until(() => a.device.all('word').includes('beacon_timeout'), STEP_MS, 'the port to say that the network is lost')
  // Its sockets go with a network.
  relay.cut()
  await a.link('waiting', 2)
  const joins = a.device.all('joins').at(-1) as number
  await until(() => (a.device.all('joins').at(-1) as number) >= joins + 2, STEP_MS, 'two attempts to join')
  expect(await a.value('client.explain().code')).toBe(ErrorCode.NetworkDown)
  expect(a.device.all('link').filter((one) => (one as [string])[0] === 'opening')).toHaveLength(1)
  a.device.type('radio.fault = "";\n')
  await a.link('up', 2)
})
