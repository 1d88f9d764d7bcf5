/**
 * `npm start`: the telemetry example at work, against an embedded broker or a server of yours. A command is sent and
 * answered, the link is cut once, and in the end every reading is accounted for.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import type { Settings, Summary } from '../../examples/telemetry/telemetry.js'
import { telemetry } from '../../examples/telemetry/telemetry.js'
import type { Bytes } from '../../hal/hal.js'
import { runBlocking } from '../../hal/host/blocking/index.js'
import { createHostHal, parseUrl } from '../../hal/host/index.js'
import { defines } from '../build/profiles.js'
import { ROOT } from '../build/root.js'
import { startBroker, type Broker } from './broker.js'
import { startLink } from './link.js'
import { startOperator } from './operator.js'

const READINGS = 36
const PERIOD_MS = 250
/** Readings seen by the operator, after which the command is sent and the link is cut. */
const COMMAND_AT = 6
const CUT_AT = 14
/** How long acknowledgements get lost before the cut. */
const LOSS_MS = 600
/** What the demonstration may take beyond its readings. */
const LIMIT_MS = 50_000

const USAGE = `npm start -- [options]

  --server URL   mqtt://[user:password@]host[:port] or mqtts://...; an embedded broker when absent
  --ca FILE      the certificate authority of a mqtts:// server, PEM
  --event        the event-driven host port instead of the blocking one
  --readings N   how many readings before it ends, 20 to 100000 (${READINGS})
  --period MS    milliseconds between two readings, 10 to 60000 (${PERIOD_MS})
  --forever      goes on until Ctrl-C
  --help         this text`

interface Arguments {
  server: string | undefined
  ca: string | undefined
  event: boolean
  forever: boolean
  readings: number
  periodMs: number
}

const startedAt = performance.now()

function say(who: string, line: string): void {
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${who.padEnd(8)}  ${line}`)
}

/** Gives the program to the blocking port as a file of JavaScript. */
async function bundleProgram(): Promise<string> {
  const outfile = path.join(ROOT, '.cache/start', `telemetry.${process.pid}.mjs`)
  mkdirSync(path.dirname(outfile), { recursive: true })
  await build({
    entryPoints: [path.join(ROOT, 'examples/telemetry/blocking.ts')], outfile, bundle: true, platform: 'node', format: 'esm',
    target: 'node20', sourcemap: 'inline', logLevel: 'warning', define: defines('full')
  })
  return outfile
}

/** Runs the device until it has ended; the summary is undefined when it came to none. */
async function runDevice(settings: Omit<Settings, 'print' | 'ended'>, id: string, event: boolean): Promise<{ summary: Summary | undefined; stopped: boolean }> {
  const print = (line: string): void => say('device', line)
  let summary: Summary | undefined
  if (!event) {
    const program = await bundleProgram()
    try {
      const result = await runBlocking(program, {
        args: [JSON.stringify(settings)], id, onLine: print, onReport: value => { summary = value as Summary }
      })
      return { summary, stopped: result.stopped }
    } finally {
      rmSync(program, { force: true })
    }
  }
  let stopped = false
  await new Promise<void>(resolve => {
    const leave = telemetry(createHostHal({ id }), { ...settings, print, ended: value => { summary = value; resolve() } })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (stopped) return
        stopped = true
        print('asked to end: says "offline" and disconnects in order, so that the will is discarded')
        leave()
      })
    }
  })
  return { summary, stopped }
}

async function demonstrate({ server, ca, event, forever, readings, periodMs }: Arguments): Promise<boolean> {
  // Checked before anything is started.
  const target = server === undefined ? undefined : parseUrl(server)
  if (target?.endpoint.path !== undefined) throw new Error(`${server} is MQTT over WebSocket, which the host port does not speak; use mqtt:// or mqtts://`)
  const authority = ca === undefined ? undefined : readFileSync(ca, 'latin1')
  let broker: Broker | undefined
  if (target === undefined) {
    broker = await startBroker()
    say('broker', `aedes listens on mqtt://127.0.0.1:${broker.port}`)
  }
  const parsed = target ?? parseUrl(`mqtt://127.0.0.1:${broker!.port}`)
  const id = 'demo' + randomBytes(4).toString('hex')
  const link = await startLink(parsed.endpoint.host, parsed.endpoint.port)
  say('link', `the device reaches ${parsed.endpoint.host}:${parsed.endpoint.port} over a link on port ${link.port} that can be cut`)
  let cuts = 0
  let commands = 0
  const operator = await startOperator(parsed, authority, id, line => say('operator', line), arrived => {
    if (arrived === COMMAND_AT) {
      commands += 1
      operator.command('led on')
    }
    if (arrived === CUT_AT) {
      cuts += 1
      say('link', 'loses what the server says, acknowledgements included')
      link.cut(LOSS_MS, () => say('link', 'is cut'))
    }
  })

  const settings: Omit<Settings, 'print' | 'ended'> = {
    server: { host: '127.0.0.1', port: link.port }, readings: forever ? 0 : readings, periodMs
  }
  if (parsed.endpoint.tls !== undefined) {
    // TLS goes through the link from end to end, so it is the server's own name that is checked.
    settings.server.tls = { servername: parsed.endpoint.host }
    if (authority !== undefined) settings.server.tls.ca = authority as Bytes
  }
  if (parsed.username !== undefined) settings.username = parsed.username
  if (parsed.password !== undefined) settings.password = parsed.password

  say('device', `${id} starts on the ${event ? 'event-driven' : 'blocking'} host port${forever ? '; Ctrl-C ends it' : ''}`)
  const { summary, stopped } = await runDevice(settings, id, event)
  if (summary === undefined) {
    say('device', 'ended without a summary')
    return false
  }
  // What the server acknowledged it still has to bring to the operator.
  const complete = await operator.until(() => operator.seen.size >= summary.readings && operator.status === 'offline', 3_000)
  if (!complete) say('operator', 'did not get everything within 3 s of the device\'s end')
  await operator.close()
  await link.close()
  await broker?.close()

  const copies = [...operator.seen.values()].reduce((sum, times) => sum + times, 0)
  const lost = summary.readings - operator.seen.size
  const reconnects = summary.connects - 1
  const rows: [string, string][] = [
    ['readings sent', String(summary.readings)],
    ['delivered', String(summary.delivered)],
    ['arrived', String(operator.seen.size)],
    ['lost', String(lost)],
    ['repeats', `${copies - operator.seen.size} (the device sent ${summary.resent} again)`],
    ['reconnects', String(reconnects)],
    ['commands', `${summary.commands} of ${commands} obeyed, ${operator.answers} answered`]
  ]
  console.log('\n' + rows.map(([name, value]) => `  ${name.padEnd(14)} ${value}`).join('\n') + '\n')
  const kept = lost === 0 && summary.delivered === summary.readings && complete
  // Who stops it early may not have seen the cut and the command.
  return kept && (stopped || (reconnects === cuts && cuts === 1 && operator.answers === commands && commands === 1))
}

/** A whole number in its range, or an Error that names the option. */
function count(name: string, text: string | undefined, least: number, most: number, usual: number): number {
  if (text === undefined) return usual
  const n = Number(text)
  if (!Number.isInteger(n) || n < least || n > most) throw new Error(`--${name} ${text}: expected a whole number from ${least} to ${most}`)
  return n
}

/** What the command line says; undefined when it asked for help. */
function readArguments(): Arguments | undefined {
  const { values } = parseArgs({
    options: {
      server: { type: 'string' }, ca: { type: 'string' }, event: { type: 'boolean' }, forever: { type: 'boolean' },
      readings: { type: 'string' }, period: { type: 'string' }, help: { type: 'boolean' }
    }
  })
  if (values.help === true) return undefined
  return {
    server: values.server,
    ca: values.ca,
    event: values.event === true,
    forever: values.forever === true,
    readings: count('readings', values.readings, 20, 100_000, READINGS),
    periodMs: count('period', values.period, 10, 60_000, PERIOD_MS)
  }
}

function main(): void {
  let given: Arguments | undefined
  try {
    given = readArguments()
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    process.exit(2)
  }
  if (given === undefined) {
    console.log(USAGE)
    return
  }
  if (!given.forever) {
    const limitMs = LIMIT_MS + given.readings * given.periodMs
    setTimeout(() => {
      console.error(`The demonstration did not end within ${limitMs / 1000} s.`)
      process.exit(1)
    }, limitMs).unref()
  }
  demonstrate(given).then(
    kept => process.exit(kept ? 0 : 1),
    (error: unknown) => {
      console.error(`npm start failed: ${(error as Error).message}`)
      process.exit(1)
    }
  )
}

main()
