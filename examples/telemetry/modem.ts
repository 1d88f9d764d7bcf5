/**
 * The telemetry device behind an AT modem on a serial port of this computer: a stick, a module on an adapter, or none at all, which
 * `npx yieldmq modem-emulator --family air780 --pty` plays, and then prints the command that starts this program on it.
 */
import { parseArgs } from 'node:util'
import { families, natives, type FamilyName } from '../../hal/at/families.js'
import { createModem, modemHal, type AtOptions } from '../../hal/at/index.js'
import { nativeHal } from '../../hal/at/native.js'
import { closeModem } from '../../hal/host/close-modem.js'
import type { Hal } from '../../hal/hal.js'
import { createHostHal, parseUrl, type ParsedUrl } from '../../hal/host/index.js'
import { SerialError, serialPort } from '../../hal/host/serial.js'
import { telemetry, type Settings } from './telemetry.js'

const USAGE = `options:

  --port PATH        the serial port: /dev/ttyUSB0, COM3
  --family NAME      the module: ${Object.keys(families).join(', ')}
  --apn NAME         the access point; the network's own when absent. esp: the name of the Wi-Fi
  --user NAME        of the access point, where it wants one
  --password TEXT    likewise. esp: that of the Wi-Fi
  --baud N           bits per second (115200)
  --broker ADDRESS   host:port, or mqtt://user:password@host:port (127.0.0.1:1883)
  --native           the module speaks MQTT itself; without it this program does, over the module's TCP
  --readings N       how many readings before it ends, 0: until Ctrl-C (60)
  --period MS        milliseconds between two readings (1000)
  --help             this text`

/** ms between looks at the bearer. */
const LOOK_MS = 100

const startedAt = performance.now()

function say(line: string): void {
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`)
}

/** Why it cannot start, and what it takes. */
function refuse(why: string): never {
  console.error(`${why}\n\n${USAGE}`)
  process.exit(2)
}

/** Says what the bearer does, whenever that changes. */
function watchBearer({ network, modem }: Hal): NodeJS.Timeout {
  let last = ''
  return setInterval(() => {
    const dbm = modem!.signal()
    const now = network!.ready() === 1 ? 'there' : network!.reason()
    if (now === last || now === '') return
    last = now
    say(now === 'there' ? `bearer: there; module ${modem!.identity()}${dbm < 0 ? `, ${dbm} dBm` : ''}` : `bearer: ${now}`)
  }, LOOK_MS)
}

function given(): Partial<Record<'port' | 'family' | 'apn' | 'user' | 'password' | 'baud' | 'broker' | 'readings' | 'period', string>> & { native?: boolean; help?: boolean } {
  const one = { type: 'string' } as const
  try {
    return parseArgs({ options: { port: one, family: one, apn: one, user: one, password: one, baud: one, broker: one, readings: one, period: one, native: { type: 'boolean' }, help: { type: 'boolean' } } }).values
  } catch (error) {
    return refuse((error as Error).message)
  }
}

function address(text: string): ParsedUrl {
  try {
    return parseUrl(text.includes('://') ? text : `mqtt://${text}`)
  } catch (error) {
    return refuse((error as Error).message)
  }
}

const { port, family = '', apn, user, password, baud, broker = '127.0.0.1:1883', readings = '60', period = '1000', native = false, help = false } = given()
if (help) {
  console.log(USAGE)
  process.exit(0)
}
if (port === undefined) refuse('--port is missing')
if (!Object.hasOwn(families, family)) refuse(`--family "${family}": there is no such module`)
const own = natives[family as FamilyName]
if (native && own === undefined) refuse(`--native: ${family} has no MQTT of its own`)
const options: AtOptions = {}
if (apn !== undefined) options.apn = apn
if (user !== undefined) options.user = user
if (password !== undefined) options.password = password
if (baud !== undefined) options.baud = Number(baud)
const server = address(broker)

function failed(error: SerialError): never {
  console.error(error.message)
  process.exit(1)
}

/** The line; it ends the program where there is none, or no more. */
function openLine(path: string): ReturnType<typeof serialPort> {
  try {
    return serialPort(path, { onError: failed })
  } catch (error) {
    if (error instanceof SerialError) return failed(error)
    throw error
  }
}

const base = createHostHal()
const modem = createModem(base, openLine(port), families[family as FamilyName], options)
const hal = native ? nativeHal(base, modem, own!) : modemHal(base, modem)
say(`publishes on devices/${hal.system.id()}/readings at ${server.endpoint.host}:${server.endpoint.port}`)
const watch = watchBearer(hal)
const settings: Settings = {
  server: server.endpoint,
  readings: Number(readings),
  periodMs: Number(period),
  print: say,
  ended: summary => {
    clearInterval(watch)
    say(`${summary.delivered} of ${summary.readings} readings delivered, ${summary.resent} sent again, ${summary.connects} connects`)
    process.exitCode = summary.delivered === summary.readings ? 0 : 1
    void closeModem(modem)
  }
}
if (hal.offload !== undefined) settings.willRetain = hal.offload.capabilities().willRetain
if (server.username !== undefined) settings.username = server.username
if (server.password !== undefined) settings.password = server.password
const leave = telemetry(hal, settings)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, leave)
