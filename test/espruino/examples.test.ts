/**
 * The examples for boards, on the real interpreter: each is built and flashed as its README says, and talks to mosquitto. What
 * only hardware has is given by a few lines: a Wi-Fi that is always there, and a deep sleep that is written down.
 */
import { execFileSync } from 'node:child_process'
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { IClientOptions } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { buildBoard } from '../../tools/build/board-build.js'
import { readBoards, withFeatures } from '../../tools/build/boards.js'
import { ROOT } from '../../tools/build/root.js'
import { BOOT_FILE, type Code } from '../../tools/flash/files.js'
import { flash, type Flashed } from '../../tools/flash/flash.js'
import { observe, type Observer } from '../support/clients.js'
import { startMosquitto, type Mosquitto, type MosquittoOptions } from '../support/mosquitto.js'
import { until } from '../support/until.js'
import { START_LIMIT_MS, TelnetBoard } from './support/telnet.js'

vi.setConfig({ testTimeout: 60_000 })

/** A radio that has an address at once. */
const WIFI = `var handlers={};
exports.on=function(e,f){handlers[e]=f;};
exports.connect=function(n,o,f){f(null);setTimeout(function(){handlers.connected();},1);};
exports.disconnect=function(){};`
/** A sleep that is written down. A board would start anew after it; here the test starts it. */
const SLEEP = 'ESP32={deepSleep:function(us){require("fs").appendFile("slept",us+" ");}};\n'

const ends: (() => Promise<void> | void)[] = []
let board: TelnetBoard
beforeEach(async () => {
  board = new TelnetBoard()
  ends.push(() => board.remove())
  await board.start()
}, START_LIMIT_MS)
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function broker(options?: MosquittoOptions): Promise<Mosquitto> {
  const made = await startMosquitto(options)
  ends.push(() => made.remove())
  return made
}

async function watch(port: number, filter: string, options?: IClientOptions): Promise<Observer> {
  const observer = await observe(port, options)
  ends.push(() => observer.end())
  await observer.subscribe(filter)
  return observer
}

/** The example's text with other settings; each must be there to be changed. */
function withSettings(name: string, settings: Record<string, string>): string {
  let text = readFileSync(path.join(ROOT, `examples/espruino/${name}/app.ts`), 'utf8')
  for (const [from, to] of Object.entries(settings)) {
    expect(text, `${name} has the setting`).toContain(from)
    text = text.replace(from, to)
  }
  return text
}

/** Builds it, flashes it with --save, and leaves it running. */
async function put(name: string, settings: Record<string, string>, files: Code[] = [], before = ''): Promise<Flashed> {
  // Beside the example, so that its imports are found.
  const app = path.join(ROOT, `examples/espruino/${name}/app.${process.pid}.ts`)
  writeFileSync(app, withSettings(name, settings))
  try {
    const built = await buildBoard(withFeatures({ ...readBoards().esp32!, profile: 'tiny' }, ['TLS']), app)
    const stored = (file: string, bytes: string): Code => ({ file, name: file, bytes })
    return await flash({
      board: 'esp32', port: board.port, baud: 115_200, save: true, anyBoard: true, limitMs: 10_000,
      load: {
        modules: [...files, stored('Wifi', WIFI), stored('yieldmq', built.module.code)],
        program: { file: 'app.module.js', name: BOOT_FILE, bytes: before + built.appModule!.code }
      }
    })
  } finally {
    rmSync(app)
  }
}

/** The server's setting, with the port of the test's. */
function server(of: number, port: number): Record<string, string> {
  return { [`host: 'broker.local', port: ${of}`]: `host: '127.0.0.1', port: ${port}` }
}

describe('the examples for boards', () => {
  it('telemetry says that it is online, sends readings, and does so again after a restart', async () => {
    const mosquitto = await broker()
    const seen = await watch(mosquitto.port, 'devices/#')
    await put('telemetry', { ...server(1883, mosquitto.port), 'periodMs: 10000': 'periodMs: 200' })
    const status = await until(() => seen.messages.find((message) => message.topic.endsWith('/status') && message.payload === 'online'), 10_000, 'the status')
    const readings = status.topic.replace('/status', '/readings')
    await seen.count(readings, 3)
    expect(Object.keys(JSON.parse(seen.payloads(readings)[0]!) as object)).toEqual(['celsius', 'free'])
    expect(seen.messages.find((message) => message.topic === readings)!.qos).toBe(1)
    await board.stop()
    await until(() => seen.payloads(status.topic).includes('offline'), 10_000, 'the will')
    const before = seen.payloads(readings).length
    await board.start()
    await seen.count(readings, before + 2)
  })

  it('tls shows its certificate to a server that asks for one', async () => {
    // RSA: the interpreter has no key exchange for other server certificates.
    const folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-tls-'))
    ends.push(() => rmSync(folder, { recursive: true }))
    const [certfile, keyfile] = ['cert.pem', 'key.pem'].map((name) => path.join(folder, name)) as [string, string]
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-out', certfile, '-keyout', keyfile], { stdio: 'pipe' })
    const [cert, key] = [readFileSync(certfile), readFileSync(keyfile)]
    const mosquitto = await broker({ tls: { cafile: certfile, certfile, keyfile, requireCertificate: true } })
    const seen = await watch(mosquitto.port, 'devices/#', { protocol: 'mqtts', ca: cert, cert, key })
    const stored = (name: string, bytes: Buffer): Code => ({ file: name, name, bytes: bytes.toString('latin1') })
    await put('tls', { ...server(8883, mosquitto.port), 'periodMs: 60000': 'periodMs: 200' },
      [stored('client.crt', new X509Certificate(cert).raw), stored('client.key', createPrivateKey(key).export({ type: 'pkcs1', format: 'der' }))])
    const reading = await until(() => seen.messages[0], 20_000, 'a reading', () => mosquitto.log.slice(-5).join(' | '))
    expect(reading.topic).toMatch(/^devices\/.+\/readings$/)
  })

  it('deep-sleep collects readings over wakes, reports them together, and erases what was delivered alone', async () => {
    const mosquitto = await broker()
    const seen = await watch(mosquitto.port, 'devices/#')
    await put('deep-sleep', { ...server(1883, mosquitto.port), 'wakesPerReport: 6': 'wakesPerReport: 3', 'reportMs: 20000': 'reportMs: 3000' }, [], SLEEP)
    const sleeps = (count: number) => until(() => board.file('slept').split(' ').length > count, 10_000, `${count} sleeps`, () => board.file('slept'))
    const wake = async (count: number) => {
      await board.stop()
      await board.start()
      await sleeps(count)
    }
    await sleeps(1)
    await wake(2)
    expect(seen.messages).toEqual([])
    await wake(3)
    const report = await until(() => seen.messages[0], 5000, 'the report')
    expect(report.payload.trim().split('\n').map((line) => line.split(' ')[0])).toEqual(['1', '2', '3'])
    expect(mosquitto.log.some((line) => /disconnected\.?$/.test(line)), 'it left in order').toBe(true)
    // The next report finds no server: its readings stay, and go with the one after.
    await mosquitto.stop('SIGTERM')
    for (const count of [4, 5, 6]) await wake(count)
    await mosquitto.start()
    const again = await watch(mosquitto.port, 'devices/#')
    for (const count of [7, 8, 9]) await wake(count)
    const late = await until(() => again.messages[0], 5000, 'the late report')
    expect(late.payload.trim().split('\n').map((line) => line.split(' ')[0])).toEqual(['4', '5', '6', '7', '8', '9'])
    expect(board.file('slept').trim().split(' ')[0]).toBe('600000000')
  })
})
