/**
 * The package as somebody has it after `npm install yieldmq`: packed, unpacked into an empty folder, with nothing beside it
 * but what its package.json asks for. No network: the dependencies are those of this checkout.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildNode } from '../../../tools/build/node.js'
import { ROOT } from '../../../tools/build/root.js'

const LIMIT_MS = 240_000

interface Manifest {
  files: string[]
  bin: Record<string, string>
  exports: Record<string, Record<string, string>>
  dependencies: Record<string, string>
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'yieldmq-package-'))
const installed = path.join(folder, 'node_modules/yieldmq')
let manifest: Manifest

function yieldmq(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [path.join(installed, manifest.bin.yieldmq!), ...args], { cwd: folder, encoding: 'utf8', timeout: LIMIT_MS })
}

function link(name: string): void {
  const place = path.join(folder, 'node_modules', name)
  mkdirSync(path.dirname(place), { recursive: true })
  symlinkSync(path.join(ROOT, 'node_modules', name), place, 'dir')
}

beforeAll(async () => {
  const source = path.join(folder, 'source')
  manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Manifest
  for (const file of ['package.json', ...manifest.files]) if (file !== 'dist') cpSync(path.join(ROOT, file), path.join(source, file), { recursive: true })
  // What `npm run build`, its prepack script, does.
  await buildNode(path.join(source, 'dist'))
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--offline', '--pack-destination', folder], { cwd: source, timeout: LIMIT_MS })
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', path.join(folder, `yieldmq-${JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8')).version}.tgz`), '-C', installed, '--strip-components', '1'])
  rmSync(source, { recursive: true })
  for (const name of [...Object.keys(manifest.dependencies), '@types/node']) link(name)
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }')
}, LIMIT_MS)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the package', () => {
  it('has every file that its package.json names', () => {
    const named = [...Object.values(manifest.bin), ...Object.values(manifest.exports).flatMap((one) => Object.values(one)), ...manifest.files]
    expect(named.filter((file) => !existsSync(path.join(installed, file)))).toEqual([])
    expect(existsSync(path.join(installed, 'test'))).toBe(false)
  })

  it('runs seeds in the simulator and writes the page', () => {
    const { status, stdout, stderr } = yieldmq('sim', '--seeds', '5', '--report', 'out.html')
    expect(stderr).toBe('')
    expect(stdout).toContain('5 seeds, 0 failed')
    expect(status).toBe(0)
    expect(readFileSync(path.join(folder, 'out.html'), 'utf8').includes('Every promise was kept')).toBe(true)
  }, LIMIT_MS)

  it('checks the port that the porting guide begins with', () => {
    const { status, stdout } = yieldmq('hal-check', path.join(installed, 'dist/examples/port/port.js'), '--only', 'hal', 'system', 'text', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ failed: [] })
    expect(status).toBe(0)
  }, LIMIT_MS)

  it('records a life in a program, and replays the recording from bytes and from hex', () => {
    const program = `import { writeFileSync } from 'node:fs'
import { create, recording } from 'yieldmq'
import { createSim, ModelBroker } from 'yieldmq/sim'
const sim = createSim({ seed: 3, waits: true })
new ModelBroker(sim)
const { hal } = sim
const client = create(hal, { servers: [{ host: 'broker', port: 1883 }], clientId: 'a', recorder: 2048 })
const go = (ms) => { for (let i = 0; i < ms / 50; i++) client.yield(50) }
client.connect()
go(500)
client.subscribe('in/#', 1)
for (const qos of [0, 1, 2]) client.publish('t', hal.text.utf8('x'), qos)
go(1000)
sim.network.last.rst()
go(20000)
client.publish('t', hal.text.utf8('again'), 1)
go(1000)
const bytes = Buffer.from(recording(client), 'latin1')
writeFileSync('crash.bin', bytes)
writeFileSync('crash.hex', bytes.toString('hex'))
`
    writeFileSync(path.join(folder, 'life.js'), program)
    execFileSync(process.execPath, ['life.js'], { cwd: folder, timeout: LIMIT_MS })
    const { status, stdout } = yieldmq('replay', 'crash.bin')
    expect(stdout).toContain('CONNACK')
    expect(stdout).toMatch(/\d+ records run through this core, no divergence/)
    expect(status).toBe(0)
    const hex = yieldmq('replay', 'crash.hex', '--json')
    expect(JSON.parse(hex.stdout)).toMatchObject({ ok: true })
    expect(hex.status).toBe(0)
  }, LIMIT_MS)

  it('builds an application for a board, by a board file of the project, and says where its source is wrong', () => {
    const { boards } = JSON.parse(readFileSync(path.join(ROOT, 'board.json'), 'utf8')) as { boards: Record<string, object> }
    writeFileSync(path.join(folder, 'board.json'), JSON.stringify({ version: 1, boards: { mine: { ...boards.esp8266, title: 'mine' } } }))
    writeFileSync(path.join(folder, 'topic.ts'), "export const topic = 'plant/7'\n")
    writeFileSync(path.join(folder, 'app.ts'), `import { create } from 'yieldmq'
import { espruino } from 'yieldmq/espruino'
import { topic } from './topic.js'

export const client = create(espruino(), { servers: [{ host: 'broker', port: 1883 }] })
client.subscribe(topic, 0)
`)
    const built = yieldmq('build', '--board', 'mine', 'app.ts', '--json')
    expect(built.status).toBe(0)
    expect((JSON.parse(built.stdout) as { files: { file: string }[] }).files.map((one) => one.file)).toEqual(['build/mine/app.js', 'build/mine/yieldmq.js', 'build/mine/app.module.js'])
    expect(readFileSync(path.join(folder, 'build/mine/app.module.js'), 'latin1')).toMatch(/^var \w+=require\("yieldmq"\)/)
    writeFileSync(path.join(folder, 'wrong.ts'), "const f = (n = 1) => n\nprint(f(), new Map())\n")
    expect(yieldmq('build', '--board', 'mine', 'wrong.ts')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/^wrong\.ts:1: Espruino: default value\nwrong\.ts:2: Espruino: Map does not exist\n$/) as string })
  }, LIMIT_MS)

  it('says what a command lacks that needs a checkout', () => {
    expect(yieldmq('differential', '--seeds', '2')).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('takes a checkout') as string })
    expect(yieldmq('sim', '--features', 'tiny')).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('takes a checkout') as string })
  }, LIMIT_MS)

  it('gives a program a serial line, and says which package it takes where that is not installed', () => {
    const program = `import { SerialError, serialPins, serialPort, type HostSerial } from 'yieldmq/serial'
let port: HostSerial | undefined
try {
  port = serialPort('/dev/ttyUSB0', { rtscts: true })
} catch (error) {
  if (error instanceof SerialError) console.log(error.problem, error.message)
}
if (port !== undefined) serialPins(port, { powerKey: 'dtr' }).pulse('powerKey', 1500)
`
    writeFileSync(path.join(folder, 'line.ts'), program)
    execFileSync(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023', '--types', 'node', 'line.ts'], { cwd: folder, timeout: LIMIT_MS, stdio: 'pipe' })
    const run = (): string => execFileSync(process.execPath, ['line.js'], { cwd: folder, encoding: 'utf8', timeout: LIMIT_MS })
    expect(run()).toBe('no-package the package serialport is not installed, which a serial line needs: npm install serialport\n')
  }, LIMIT_MS)

  it('gives a program the port for modems, a family that it names and one that a setting names, and their types', () => {
    const program = `import { create, createHostHal } from 'yieldmq'
import { air780, atModem, families, nativeModem, natives, type AtOptions, type Family, type FamilyName } from 'yieldmq/at'
import type { SerialHal } from 'yieldmq/hal'
const name: FamilyName = 'esp'
const family: Family = families[name]
const options: AtOptions = { apn: 'cmiot', baud: 9600 }
let heard = ''
const line = (own: Family): SerialHal => ({
  open: baud => { heard += own.name + ' ' + baud + ';'; return 0 }, read: () => '' as ReturnType<SerialHal['read']>, write: bytes => bytes.length, credit: () => 64, overruns: () => 0, close: () => {}
})
for (const own of [air780, family]) {
  const hal = atModem(createHostHal(), line(own), own, options)
  const client = create(hal, { servers: [{ host: 'broker', port: 1883 }], clientId: 'a' })
  console.log(hal.modem?.identity(), hal.network?.ready(), hal.network?.reason(), client.publish('t', hal.text.utf8('x'), 1))
}
console.log(nativeModem(createHostHal(), line(air780), air780, natives.air780!).offload?.capabilities().maxPayload, natives.sim800)
console.log(heard, Object.keys(families).join(' '))
process.exit(0)
`
    writeFileSync(path.join(folder, 'modem.ts'), program)
    execFileSync(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023', '--types', 'node', 'modem.ts'], { cwd: folder, timeout: LIMIT_MS, stdio: 'pipe' })
    const printed = execFileSync(process.execPath, ['modem.js'], { cwd: folder, encoding: 'utf8', timeout: LIMIT_MS })
    expect(printed).toBe('air780 0 modem-silent 1\nesp 0 modem-silent 1\n4100 undefined\nair780 9600;esp 9600;air780 115200; air724 air780 sim800 sim7600 a7670 ec2x bg9x esp\n')
  }, LIMIT_MS)

  it('gives a program whose bundler drops what it does not use one family of modems without the others', async () => {
    const { outputFiles } = await build({
      stdin: { contents: "import { atModem, ec2x } from 'yieldmq/at'\nconsole.log(atModem, ec2x)", resolveDir: folder }, bundle: true, write: false, format: 'esm', platform: 'node', minify: true
    })
    const opens = ['AT+QIOPEN', 'AT+CIPSTART', 'AT+CIPOPEN', 'AT+CWJAP']
    expect(opens.filter((command) => outputFiles[0]!.text.includes(command))).toEqual(['AT+QIOPEN'])
  }, LIMIT_MS)

  it('gives a program its client, a port, the simulator and their types', () => {
    const program = `import { create, createHostHal } from 'yieldmq'
import { createSim, ModelBroker } from 'yieldmq/sim'
import { LinkCode, type Hal } from 'yieldmq/hal'
const hal: Hal = createHostHal()
const code: number = create(hal, { servers: [{ host: 'broker', port: 1883 }], clientId: 'a' }).publish('t', hal.text.utf8('x'), 1)
const sim = createSim({ seed: 1 })
const broker = new ModelBroker(sim)
console.log(code, broker.isRunning, LinkCode.Reset)
`
    writeFileSync(path.join(folder, 'program.ts'), program)
    execFileSync(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023', '--types', 'node', 'program.ts'], { cwd: folder, timeout: LIMIT_MS, stdio: 'pipe' })
    expect(execFileSync(process.execPath, ['program.js'], { cwd: folder, encoding: 'utf8', timeout: LIMIT_MS })).toMatch(/^1 true -\d+\n$/)
  }, LIMIT_MS)
})
