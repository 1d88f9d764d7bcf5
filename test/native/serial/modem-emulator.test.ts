/** `npx yieldmq modem-emulator --pty`, driven through its pty as a program drives a modem. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Bytes } from '../../../hal/hal.js'
import { serialPort } from '../../../hal/host/serial.js'
import { ROOT } from '../../../tools/build/root.js'
import { buildCli } from '../../serial/cli.js'
import { within } from '../../support/until.js'
import { Host, LIMIT_MS, Watched } from './support.js'

const START_MS = 60_000
let cli: Awaited<ReturnType<typeof buildCli>>
beforeAll(async () => { cli = await buildCli() })
afterAll(() => cli.remove())

/** The command, and what it has said. */
class Emulator extends Watched {
  stdout = ''
  stderr = ''
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<number | null>

  constructor(...args: string[]) {
    super()
    this.child = spawn(process.execPath, [cli.file, 'modem-emulator', '--pty', ...args], { cwd: ROOT })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.changed()
    })
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.changed()
    })
    this.ended = once(this.child, 'close').then(([status]) => status as number | null)
  }

  async path(): Promise<string> {
    await this.until(() => /(\/dev\/\S+?)[,"]/.test(this.stdout), 'its path')
    return /(\/dev\/\S+?)[,"]/.exec(this.stdout)![1]!
  }

  type(line: string): void {
    this.child.stdin.write(line + '\n')
  }

  async end(): Promise<number | null> {
    this.child.stdin.end()
    return within(this.ended, LIMIT_MS, 'the command to end')
  }
}

let emulators: Emulator[] = []
let hosts: Host[] = []
let folder = ''

beforeEach(() => { folder = mkdtempSync(path.join(os.tmpdir(), 'yieldmq-modem-')) })
afterEach(async () => {
  for (const host of hosts) host.port.close()
  for (const emulator of emulators) await emulator.end()
  emulators = []
  hosts = []
  rmSync(folder, { recursive: true })
})

function start(...args: string[]): Emulator {
  const emulator = new Emulator(...args)
  emulators.push(emulator)
  return emulator
}

async function dial(emulator: Emulator, baud = 115_200): Promise<Host> {
  const host = new Host(serialPort(await emulator.path(), { onError: () => {} }))
  hosts.push(host)
  expect(host.open(baud)).toBe(0)
  return host
}

/** A command, and all that came up to `end`. */
async function command(host: Host, line: string, end = '\r\nOK\r\n'): Promise<string> {
  host.heard = ''
  host.port.write(`${line}\r` as Bytes)
  await host.until(() => host.heard.includes(end), `the answer to ${line}: ${JSON.stringify(end)}`)
  return host.heard
}

it('prints its path and how to use it, and answers AT', async () => {
  const emulator = start('--seed', '7')
  const host = await dial(emulator)
  expect(await command(host, 'AT')).toBe('AT\r\r\nOK\r\n')
  await emulator.until(() => emulator.stdout.includes('quit to end'), 'its words')
  const lines = emulator.stdout.split('\n')
  expect(lines[0]).toMatch(/^air724 \(openLuat Air724UG\) on \/dev\/\S+, 115200 baud, seed 7, faults none$/)
  expect(lines[1]).toMatch(/^Open it as a serial port: serialPort\('\/dev\/\S+'\) from yieldmq\/serial, or screen \/dev\/\S+ 115200$/)
  expect(emulator.stdout).toMatch(/^A device for it, in another terminal: node tools\/build\/run\.mjs examples\/telemetry\/modem\.ts --port \/dev\/\S+ --family air724$/m)
}, START_MS)

it('hears nothing at another speed and says so; with --baud 0 it takes that of the first AT', async () => {
  const fixed = start()
  const deaf = await dial(fixed, 9600)
  deaf.port.write('AT\r' as Bytes)
  await fixed.until(() => fixed.stdout.includes('The host speaks at 9600 baud and the module listens at 115200'), 'the reason')
  expect(deaf.open(115_200)).toBe(0)
  expect(await command(deaf, 'AT')).toContain('OK')

  const automatic = start('--baud', '0')
  const host = await dial(automatic, 9600)
  expect(await command(host, 'AT')).toContain('OK')
}, START_MS)

it('with --broker every dial goes there, and the words of the operator strike', async () => {
  const server = net.createServer()
  const peers: net.Socket[] = []
  server.on('connection', socket => { peers.push(socket.on('error', () => {})) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const emulator = start('--broker', `127.0.0.1:${(server.address() as net.AddressInfo).port}`)
  const host = await dial(emulator)
  await command(host, 'AT+CSTT')
  await command(host, 'AT+CIICR')
  await command(host, 'AT+CIFSR', '10.64.12.34\r\n')
  await command(host, 'AT+CIPSTART="TCP","mqtt.nowhere.test",8883', '\r\nCONNECT OK\r\n')
  const peer = peers[0]!
  const came = once(peer, 'data')
  await command(host, 'AT+CIPSEND=5', '> ')
  host.port.write('\x00\r\n\x1a\xff' as Bytes)
  expect((await within(came, LIMIT_MS, 'the bytes') as [Buffer])[0].toString('latin1')).toBe('\x00\r\n\x1a\xff')
  const gone = once(peer, 'close')
  host.heard = ''
  emulator.type('drop')
  await host.until(() => host.heard.includes('CLOSED\r\n'), 'the end of the link')
  await within(gone, LIMIT_MS, 'the end at the server')
  emulator.type('pdp')
  await host.until(() => /PDP:? DEACT\r\n/.test(host.heard), 'the end of the context')
  emulator.type('reboot')
  await host.until(() => host.heard.includes('RDY') || host.heard.includes('AT READY'), 'the next life')
  emulator.type('quit')
  expect(await within(emulator.ended, LIMIT_MS, 'its end')).toBe(0)
  for (const one of peers) one.destroy()
  server.close()
}, START_MS)

it('--json is one value on standard output; the link leads to the pty and goes with it', async () => {
  const link = path.join(folder, 'modem')
  // What an earlier run left that was killed.
  symlinkSync(path.join(folder, 'nowhere'), link)
  const emulator = start('--json', '--port-link', link, '--seed', '3', '--faults', 'light', '--trace')
  const pty = await emulator.path()
  expect(readlinkSync(link)).toBe(pty)
  const host = new Host(serialPort(link, { onError: () => {} }))
  hosts.push(host)
  host.open()
  host.port.write('AT\r' as Bytes)
  await emulator.until(() => emulator.stderr.includes('host    AT\\r'), 'the trace')
  expect(await emulator.end()).toBe(0)
  expect(JSON.parse(emulator.stdout)).toEqual({
    family: 'air724', module: 'openLuat Air724UG', path: pty, link, baud: 115_200, seed: 3, faults: 'light', broker: null
  })
  expect(lstatSync(link, { throwIfNoEntry: false })).toBeUndefined()
}, START_MS)

it('leaves alone what is no link', async () => {
  const file = path.join(folder, 'mine')
  writeFileSync(file, 'x')
  const emulator = start('--port-link', file)
  expect(await within(emulator.ended, LIMIT_MS, 'the refusal')).toBe(2)
  expect(emulator.stderr).toBe(`--port-link ${file}: there is something of that name that is no symbolic link; it is left alone\n`)
}, START_MS)

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('takes the line with it when it ends by %s', async signal => {
  const emulator = start()
  const host = await dial(emulator)
  await command(host, 'AT')
  emulator.child.kill(signal)
  expect(await within(emulator.ended, LIMIT_MS, 'its end')).toBe(signal === 'SIGKILL' ? null : 0)
  await host.until(() => host.port.write('' as Bytes) < 0, 'the end of the line')
}, START_MS)
