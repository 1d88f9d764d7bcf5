/** `npx yieldmq modem-emulator`: a modem without hardware, for a program that opens a serial port. */
import { existsSync, fstatSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import type { Bytes } from '../../hal/hal.js'
import { emulatedFamilies, type FamilyName, type ModemEmulator } from '../../hal/sim/modem/index.js'
import { ROOT } from '../build/root.js'
import { UsageError } from '../usage.js'
import { createModem, joinPty, joinStreams, linkPort, type Ears, type ModemSettings } from './emulate.js'
import { FAULT_LEVELS } from './faults.js'
import { obey } from './operator.js'
import { PtyError, openPty, type Pty } from './pty.js'

interface Given {
  family: string
  pty: boolean
  portLink?: string
  broker?: string
  seed: string
  faults: string
  baud: string
  trace: boolean
  json: boolean
}

/** What each family is, for the line that is printed. */
const FAMILIES: Readonly<Record<FamilyName, string>> = {
  air724: 'openLuat Air724UG', air780: 'openLuat Air780E', sim800: 'SIMCom SIM800', sim7600: 'SIMCom SIM7600', a7670: 'SIMCom A7670',
  ec2x: 'Quectel EC20, EC21, EC25', bg9x: 'Quectel BG95, BG96', esp: 'Espressif ESP-AT'
}
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const CTRL_C = '\x03'
const SEED_LIMIT = 4_294_967_295
const BAUD_LIMIT = 4_000_000

function oneOf(name: string, given: string, known: readonly string[]): string {
  if (!known.includes(given)) throw new UsageError(`--${name} "${given}": there is no such one. There are: ${known.join(', ')}`)
  return given
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > most) throw new UsageError(`--${name} takes a whole number from 0 to ${most}, not "${text}"`)
  return value
}

/** host:port, [::1]:1883. */
function address(text: string): { host: string; port: number } {
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text)
  const port = Number(parts?.[3])
  if (parts === null || port < 1 || port > 65_535) throw new UsageError(`--broker takes HOST:PORT, such as 127.0.0.1:1883, not "${text}"`)
  return { host: (parts[1] ?? parts[2])!, port }
}

function settingsOf(given: Given): ModemSettings {
  if (!given.pty && given.portLink !== undefined) throw new UsageError('--port-link names a pty: give --pty as well')
  if (!given.pty && given.json) throw new UsageError('--json describes a pty: give --pty as well; without it standard output is the modem\'s')
  return {
    family: oneOf('family', given.family, emulatedFamilies()) as FamilyName,
    faults: FAULT_LEVELS[oneOf('faults', given.faults, Object.keys(FAULT_LEVELS))]!,
    seed: wholeNumber('seed', given.seed, SEED_LIMIT),
    baud: wholeNumber('baud', given.baud, BAUD_LIMIT),
    ...given.broker === undefined ? {} : { broker: address(given.broker) }
  }
}

const NAMED: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', '\\': '\\\\' }

/** Bytes as a person reads them, in one line. */
export function shownBytes(bytes: Bytes): string {
  return bytes.replace(/[^ -[\]-~]/g, one => NAMED[one] ?? `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function earsOf(modem: ModemEmulator, given: Given, say: (line: string) => void): Ears {
  const ears: Ears = {
    onDeaf: (host, own) => say(`The host speaks at ${host} baud and the module listens at ${own}: it hears nothing. --baud 0 takes the host's speed.`),
    onLost: bytes => say(`${bytes} bytes of the module are lost: the host does not read.`)
  }
  if (given.trace) ears.onBytes = (from, bytes) => say(`${(modem.now / 1000).toFixed(3).padStart(9)} s  ${from.padEnd(6)}  ${shownBytes(bytes)}`)
  return ears
}

/** Resolves when the person asks for the end: `quit`, Ctrl-C or another signal, or the end of a pipe that was the standard input. */
function asked(modem: ModemEmulator, say: (line: string) => void): { end: Promise<void>; release: () => void } {
  const lines = createInterface({ input: process.stdin, terminal: false })
  let quit = (): void => {}
  const end = new Promise<void>(resolve => { quit = resolve })
  lines.on('line', line => {
    const answer = obey(modem, line)
    if (answer === undefined) quit()
    else for (const one of answer) say(one)
  })
  // Who started us is gone. In the background the input is /dev/null or a file, whose end means nothing.
  lines.on('close', () => { if (hasPerson()) quit() })
  const onSignal = (): void => quit()
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return {
    end,
    release() {
      for (const signal of SIGNALS) process.off(signal, onSignal)
      lines.close()
      process.stdin.destroy()
    }
  }
}

/** True where the standard input is a terminal or another program. */
function hasPerson(): boolean {
  if (process.stdin.isTTY) return true
  const input = fstatSync(0)
  return input.isFIFO() || input.isSocket()
}

/** What runs examples/telemetry on it: the source of a checkout, the build of an installed package. */
function tryIt(port: string, family: FamilyName): string {
  const example = 'examples/telemetry/modem'
  const program = existsSync(path.join(ROOT, 'tools/cli.ts')) ? `tools/build/run.mjs ${example}.ts` : path.relative('', path.join(ROOT, `dist/${example}.js`))
  return `${program} --port ${port} --family ${family}${family === 'esp' ? ' --apn home' : ''}`
}

function introduce(pty: Pty, settings: ModemSettings, given: Given): void {
  const port = given.portLink ?? pty.path
  if (given.json) {
    console.log(JSON.stringify({
      family: settings.family, module: FAMILIES[settings.family], path: pty.path, link: given.portLink ?? null, baud: settings.baud, seed: settings.seed,
      faults: given.faults, broker: settings.broker === undefined ? null : given.broker
    }))
    return
  }
  const speed = settings.baud === 0 ? 'any speed, which its first AT sets' : `${settings.baud} baud`
  console.log(`${settings.family} (${FAMILIES[settings.family]}) on ${pty.path}${given.portLink === undefined ? '' : `, also ${given.portLink}`}, ${speed}, seed ${settings.seed}, faults ${given.faults}`)
  console.log(`Open it as a serial port: serialPort('${port}') from yieldmq/serial, or screen ${port} ${settings.baud || 115_200}`)
  console.log(settings.broker === undefined ? 'What it dials is dialled from this computer.' : `Whatever it dials is ${given.broker}.`)
  console.log(`A device for it, in another terminal: node ${tryIt(port, settings.family)}`)
  console.log('Type help for what can happen to it, quit to end.')
}

async function onPty(settings: ModemSettings, given: Given): Promise<void> {
  const say = given.json ? (line: string) => console.error(line) : (line: string) => console.log(line)
  let pty: Pty
  try {
    pty = await openPty(settings.baud === 0 ? {} : { baud: settings.baud })
  } catch (error) {
    if (!(error instanceof PtyError)) throw error
    console.error(`modem-emulator: ${error.message}`)
    process.exitCode = 1
    return
  }
  const modem = createModem(settings)
  let unlink = (): void => {}
  const person = asked(modem, say)
  try {
    if (given.portLink !== undefined) unlink = linkPort(given.portLink, pty.path)
    joinPty(modem, pty, earsOf(modem, given, say))
    introduce(pty, settings, given)
    const failure = await Promise.race([person.end.then(() => ''), pty.ended])
    if (failure !== '') {
      console.error(`modem-emulator: ${failure}`)
      process.exitCode = 1
    }
  } finally {
    unlink()
    person.release()
    modem.close()
    await pty.close()
  }
}

/** What is typed or sent, one character a byte. At a terminal every key goes to the modem but Ctrl-C, which ends it. */
async function* typed(input: NodeJS.ReadStream): AsyncGenerator<string> {
  if (input.isTTY) input.setRawMode(true)
  try {
    for await (const chunk of input.setEncoding('latin1') as AsyncIterable<string>) {
      if (input.isTTY && chunk.includes(CTRL_C)) return
      yield chunk
    }
  } finally {
    if (input.isTTY) input.setRawMode(false)
  }
}

async function onStreams(settings: ModemSettings, given: Given): Promise<void> {
  const modem = createModem(settings)
  // Standard output is the modem's.
  const say = (line: string): void => console.error(line)
  const end = process.stdin.isTTY ? 'Ctrl-C ends it' : 'the end of the input ends it'
  say(`${settings.family} (${FAMILIES[settings.family]}) on standard input and output, seed ${settings.seed}, faults ${given.faults}; ${end}`)
  // A host that goes away.
  process.stdout.on('error', () => process.exit(1))
  await joinStreams(modem, typed(process.stdin), process.stdout, earsOf(modem, given, say))
  modem.close()
  process.stdin.destroy()
}

export function setup(command: Command): void {
  command
    .option('--family <name>', `the module: ${emulatedFamilies().join(', ')}`, 'air724')
    .option('--pty', 'on a pseudo terminal, whose path is printed; without it on standard input and output', false)
    .option('--port-link <path>', 'a symbolic link to the pty, for a name that stays')
    .option('--broker <host:port>', 'every dial goes there, whatever it asks for')
    .option('--seed <n>', 'what chance is drawn from', '1')
    .option('--faults <level>', `what goes wrong on the line: ${Object.keys(FAULT_LEVELS).join(', ')}`, 'none')
    .option('--baud <n>', 'the speed that the module listens at; 0: that of the first AT', '115200')
    .option('--trace', 'print what passes the line', false)
    .option('--json', 'one JSON value on standard output when the pty is there, and nothing else there', false)
    .addHelpText('after', '\nExample:\n  npx yieldmq modem-emulator --family air724 --pty --port-link ./modem --broker 127.0.0.1:1883')
    .action(async (given: Given) => {
      const settings = settingsOf(given)
      await (given.pty ? onPty(settings, given) : onStreams(settings, given))
    })
}
