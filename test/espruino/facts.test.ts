/** What hal/espruino takes for granted of the interpreter, shown on it: docs/espruino.md. */
import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openPty } from '../../tools/modem/pty.js'
import { runDevice } from './support/interpreter.js'

vi.setConfig({ testTimeout: 60_000 })

const SENT = 30_000

async function listening(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  onTestFinished(() => { server.close() })
  return (server.address() as net.AddressInfo).port
}

/** Sends SENT bytes to whoever connects. */
function sender(): Promise<number> {
  return listening(net.createServer((socket) => {
    socket.on('error', () => {})
    socket.write(Buffer.alloc(SENT, 65))
  }))
}

/** After ms, says `name` and the value of `expression`. */
const later = (ms: number, name: string, expression: string): string => `setTimeout(function() { say(${JSON.stringify(name)}, ${expression}); }, ${ms});\n`

test('a socket without a handler of data is read without bound, so reading cannot be left to read()', async () => {
  const port = await sender()
  const device = await runDevice({}, `var s = require("net").connect({ host: "127.0.0.1", port: ${port} });\n` + later(1500, 'held', 's.available() + s.dRcv.length') + later(1600, 'done', '0'))
  expect(device.all('held')[0]).toBeGreaterThan(10_000)
})

test('a socket whose sckt is below 1 is left alone, and goes on where it was', async () => {
  const port = await sender()
  const device = await runDevice({}, `
    var got = 0, s = require("net").connect({ host: "127.0.0.1", port: ${port} });
    s.on("data", function(d) { got += d.length; if (got >= 2000 && s.stopped === undefined) { s.stopped = got; s.sckt = -s.sckt; } });
    setTimeout(function() { say("while", got - s.stopped); s.sckt = -s.sckt; }, 800);
    ` + later(2000, 'after', 'got') + later(2100, 'done', '0'))
  expect(device.all('while')).toEqual([0])
  expect(device.all('after')).toEqual([SENT])
})

test('write says false with room and without, and drain comes when all has left', async () => {
  const port = await listening(net.createServer((socket) => { socket.resume().on('error', () => {}) }))
  const device = await runDevice({}, `
    var s = require("net").connect({ host: "127.0.0.1", port: ${port} }), drains = 0, was;
    s.on("drain", function() { say("left", s.dSnd === undefined ? -1 : s.dSnd.length); if (++drains == 2) say("done", 0); if (drains == 1) { say("write", s.write("x")); was = ""; for (var i = 0; i < 300; i++) was += "0123456789"; say("write", s.write(was)); say("queued", s.dSnd.length); } });`)
  expect(device.all('write')).toEqual([false, false])
  expect(device.all('queued')).toEqual([3001])
  expect(device.all('left')).toEqual([-1, 0])
})

test('tls takes any certificate, whatever ca it was given, names no server, and exchanges keys by RSA', async () => {
  const [cert, key] = ['cert', 'key'].map((name) => readFileSync(new URL(`./tls/${name}.pem`, import.meta.url)))
  const names: string[] = []
  const ciphers: string[] = []
  const port = await listening(tls.createServer({ key, cert, SNICallback: (name, done) => {
    names.push(name)
    done(null)
  } }, (socket) => {
    ciphers.push(socket.getCipher().name)
    socket.on('error', () => {}).on('data', () => socket.write('secret'))
  }))
  // A root of the public web, which has nothing to do with this server.
  const root = tls.rootCertificates[0]!.replace(/-----[A-Z ]+-----|\n/g, '')
  const device = await runDevice({}, `
    var s = require("tls").connect({ host: "127.0.0.1", port: ${port}, ca: atob("${root}") }, function() { s.write("hello"); });
    s.on("data", function(d) { say("data", d); say("done", 0); }); s.on("close", function() { say("done", 1); });`)
  expect(device.all('data')).toEqual(['secret'])
  expect(names).toEqual([])
  // A suite with elliptic curves begins with ECDHE.
  expect(ciphers).toEqual([expect.stringMatching(/^AES/)])
})

test('a needle of several bytes is found where a text ends with its beginning: texts of hal/at must not end so', async () => {
  const device = await runDevice({}, `say("at", ["ab|".indexOf("|/"), "ab|/".indexOf("|/"), "ab|c".indexOf("|/"), "ab|".indexOf("|")]); say("done");`)
  expect(device.all('at')).toEqual([[2, 2, -1, 2]])
})

test('Serial.write waits until all but what its ring holds has left, and refuses nothing', async () => {
  const pty = await openPty()
  onTestFinished(() => pty.close())
  let heard = ''
  pty.onData((bytes) => { heard += bytes })
  const device = await runDevice({}, `
    var s = "0123456789abcdef", i, t; for (i = 0; i < 8; i++) s += s;
    Serial1.setup(115200, { path: ${JSON.stringify(pty.path)} });
    t = getTime(); Serial1.write(s.substr(0, 100)); var few = getTime() - t;
    setTimeout(function() { t = getTime(); Serial1.write(s); say("ms", [few * 1000, (getTime() - t) * 1000]); say("flags", E.getErrorFlags()); setTimeout(function() { say("done"); }, 200); }, 200);`)
  const [few, all] = device.all('ms')[0] as [number, number]
  console.log(`Serial.write: 100 bytes ${few.toFixed(2)} ms, 4096 bytes ${all.toFixed(1)} ms`)
  // The thread of the Linux build takes what the ring holds once in a ms, or, when nothing passed for a while, once in 50.
  expect(few).toBeLessThan(10)
  expect(all).toBeGreaterThan(10)
  expect(heard).toHaveLength(100 + 4096)
  expect(device.all('flags')).toEqual([[]])
})

test('Serial.setup refuses an option that it does not know', async () => {
  const device = await runDevice({}, `try { Serial1.setup(9600, { path: "/dev/null", family: 1 }); say("threw", ""); } catch (e) { say("threw", "" + e); } say("done");`)
  expect(device.all('threw')[0]).toContain('Unknown option')
})
