/**
 * The client over hal/at on the interpreter: its `Serial1` is a pty, at whose other end an emulated Air780 dials mosquitto. The line has
 * the speed of a real one.
 */
import { createServer } from 'node:http'
import net from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { buildBoard, type BoardBuild } from '../../tools/build/board-build.js'
import { readBoards } from '../../tools/build/boards.js'
import { observe, type Observer } from '../support/clients.js'
import { startMosquitto, type Mosquitto } from '../support/mosquitto.js'
import { until } from '../support/until.js'
import { Board } from './support/board.js'
import { Interpreter } from './support/interpreter.js'
import { PINS, portOf, startModem, type ModemLine } from './support/modem.js'

vi.setConfig({ testTimeout: 40_000 })

const ALL_BYTES = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')
const ALLOWED_VARIABLES = 5

let built: BoardBuild
let broker: Mosquitto
let observer: Observer
beforeAll(async () => {
  built = await buildBoard(readBoards()['uart-modem']!, 'test/build/apps/modem.ts')
  broker = await startMosquitto()
  observer = await observe(broker.port)
  await observer.subscribe('#')
}, 120_000)
afterAll(async () => {
  await observer?.end()
  await broker?.remove()
})

let line: ModemLine
let device: Interpreter | undefined
beforeEach(async () => {
  line = await startModem(broker.port)
})
afterEach(async () => {
  await device?.end()
  await line.end()
})

/** A client that publishes what a script tells it, and says what comes. */
function board(clientId: string): Board {
  const made = new Board(built.module.code, { servers: [{ host: 'broker.example', port: 1883 }], clientId, reconnectPeriod: 500, reconnectPeriodMax: 1000, limits: { packetIn: 400, packetOut: 400 } }, {
    // Its flash is a file here, from which functions are slow.
    place: 'loadRam',
    first: PINS,
    before: `var all = ""; for (var i = 0; i < 256; i++) all += String.fromCharCode(i);`,
    port: portOf(line.path, 'y'),
    after: 'client.subscribe("to/#", 1);'
  })
  device = made.device
  return made
}

/** Every value of a byte goes out and comes in, with QoS 0 and with QoS 1; `round` is how many times that was. */
async function exchange(a: Board, round: number): Promise<void> {
  for (const qos of [0, 1] as const) {
    a.device.type(`client.publish("from/${qos}", all, ${qos});\n`)
    await observer.count(`from/${qos}`, round)
    expect(observer.payloads(`from/${qos}`)[round - 1]).toBe(ALL_BYTES)
    await observer.publish(`to/${qos}`, ALL_BYTES, { qos })
  }
  const messages = (await a.messages(2 * round)).slice(-2)
  expect(messages.sort((x, y) => x.qos - y.qos)).toEqual([0, 1].map((qos) => ({ topic: `to/${qos}`, payload: ALL_BYTES, qos })))
  await a.device.hears('receipt', 10_000, 2 * round)
}

const receipts = (a: Board): string[] => (a.device.all('receipt') as [string, number][]).map(([outcome]) => outcome)

describe('a client behind an emulated Air780', () => {
  test('carries every byte both ways, QoS 0 and 1, also after the network took the context and after the module restarted', async () => {
    const a = board('session')
    await a.link('up')
    await a.device.hears('subscribed')
    expect(line.commands()).toEqual(expect.arrayContaining(['AT+CPIN?', 'AT+CEREG?', 'AT+CGATT?', 'AT+CSTT="internet","",""', 'AT+CIICR', 'AT+CDNSGIP="broker.example"']))
    await exchange(a, 1)

    line.modem.losePdp()
    await a.link('up', 2)
    await a.device.hears('subscribed', 10_000, 2)
    expect(line.commands().filter((one) => one === 'AT+CIICR')).toHaveLength(1)
    expect(line.modem.life).toBe(0)
    await exchange(a, 2)

    line.modem.reboot()
    await a.link('up', 3)
    await a.device.hears('subscribed', 10_000, 3)
    expect(line.commands()).toContain('ATE0')
    expect(line.modem.life).toBe(1)
    await exchange(a, 3)
    expect(receipts(a).sort()).toEqual(['delivered', 'delivered', 'delivered', 'sent', 'sent', 'sent'])
    expect(await a.value('hal.modem.identity()')).toMatch(/^\d{15}$/)
    expect(await a.value('E.getErrorFlags()')).toEqual([])
  })

  test('holds no more after hundreds of messages and some losses than before', async () => {
    const a = board('growth')
    await a.link('up')
    await a.device.hears('subscribed')
    // Each command waits for the interpreter's thread for the line, which looks 20 times in a second: answers to all would take minutes.
    a.device.type('var n = 0; client.subscribe("flood", 1, function(topic, payload, packet) { if (++n % 10 === 0) client.publish("back", payload, packet.qos); });\n')
    await a.device.hears('subscribed', 10_000, 2)
    let seen = 0
    const flood = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) await observer.publish('flood', `message ${i} of some`, { qos: i % 3 === 0 ? 0 : 1 })
      seen += count / 10
      await observer.count('back', seen, 20_000)
      await until(() => a.device.all('receipt').length >= seen, 10_000, 'what it sent to be acknowledged')
    }
    await flood(20)
    line.modem.losePdp()
    await a.link('up', 2)
    await a.device.hears('subscribed', 10_000, 4)
    await flood(20)
    const before = await a.value('used()') as number
    await flood(50)
    line.modem.losePdp()
    await a.link('up', 3)
    await a.device.hears('subscribed', 10_000, 6)
    await flood(20)
    const after = await a.value('used()') as number
    console.log(`variables behind a modem: ${before}, ${after} after 70 more messages and a loss of the context`)
    expect(Math.abs(after - before)).toBeLessThanOrEqual(ALLOWED_VARIABLES)
  })
})

describe('an application in one file for uart-modem', () => {
  test('connects, and gives the rest of the program the modem as the network of the interpreter: net and http', async () => {
    const web = createServer((request, response) => {
      // More than a piece of the interpreter's and a read of the modem's.
      if (request.url === '/long') response.end('0123456789abcdef'.repeat(200))
      else response.writeHead(404).end()
    })
    const echo = net.createServer((socket) => socket.pipe(socket))
    for (const one of [web, echo]) await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
    const port = (one: net.Server): number => (one.address() as net.AddressInfo).port
    const refused = net.createServer()
    await new Promise<void>((resolve) => refused.listen(0, '127.0.0.1', resolve))
    const noPort = port(refused)
    await new Promise<unknown>((resolve) => refused.close(resolve))
    try {
      device = new Interpreter({ app: built.app!.code }, `${PINS}
// Linux has no UART, and the application says no path.
var setup = Serial1.setup.bind(Serial1); Serial1.setup = function(baud) { setup(baud, { path: ${JSON.stringify(line.path)} }); };
eval(require("Storage").read("app"));
// A program's names are global ones, and the application has short ones.
(function() {
var text = "", all = "", i; for (i = 0; i < 256; i++) all += String.fromCharCode(i);
require("http").get("http://web.example:${port(web)}/long", function(response) {
  response.on("data", function(data) { text += data; });
  response.on("close", function() { say("http", [response.statusCode, text.length, text.substr(3196)]); });
});
var socket = require("net").connect({ host: "echo.example", port: ${port(echo)} }, function() { say("connected", true); socket.write(all); });
var back = "";
socket.on("data", function(data) { back += data; if (back.length >= 256) { say("echo", btoa(back)); socket.end(); } });
socket.on("close", function(failed) { say("closed", failed); });
function fails(name, host, port) {
  var one = require("net").connect({ host: host, port: port }, function() { say("bad", name); });
  one.on("error", function(error) { say(name, error.code); });
}
fails("refused", "echo.example", ${noPort});
try { require("net").createServer(function() { }).listen(80); say("server", ""); } catch (e) { say("server", "" + e); }
})();`)
      expect(await device.hears('http', 20_000)).toEqual(['200', 3200, 'cdef'])
      expect(await device.hears('echo')).toBe(Buffer.from(ALL_BYTES, 'latin1').toString('base64'))
      expect(await device.hears('closed')).toBe(false)
      expect(await device.hears('refused')).toBeLessThan(-1)
      expect(device.all('server')[0]).not.toBe('')
      // The client's own link goes on beside them.
      await until(() => device!.all('link').includes('up'), 10_000, 'the client to be up')
      expect(device.all('bad')).toEqual([])
    } finally {
      web.close()
      echo.close()
    }
  })
})
