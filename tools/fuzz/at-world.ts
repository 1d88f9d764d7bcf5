/** hal/at on an emulated modem whose words pass through our hands, and what must hold whatever we make of them. */
import { create, type Client } from '../../firmware/index.js'
import type { Bytes, Outcome } from '../../firmware/types.js'
import { Most } from '../../hal/at/engine.js'
import { families } from '../../hal/at/families.js'
import { createModem, modemHal } from '../../hal/at/index.js'
import { Stage, type Modem } from '../../hal/at/state.js'
import { ModelBroker } from '../../hal/sim/broker/index.js'
import { createSim, type Sim } from '../../hal/sim/index.js'
import { ModemEmulator, type FamilyName } from '../../hal/sim/modem/index.js'

export const NAMES = Object.keys(families) as FamilyName[]

const UNREAD = 512
const READ = 256
/** Bytes of a command without its data. */
const COMMAND_BYTES = 200
/**
 * Commands in any time: one for each line that came, for each may have ended one; and of itself no more than the five a second of a busy
 * module, and a few at once.
 */
const PER_SECOND = 5
const AT_ONCE = 16
/** Commands that need no answer to be followed by another: those whose failure ends a link, and its close. */
const PER_LINE = 1

/** ms of all rungs of the ladder, and of the longest delay of the core. */
const RUNGS_MS = 885_000
const DELAY_MS = 300_000

export class AtWorld {
  readonly sim: Sim
  readonly emulator: ModemEmulator
  readonly modem: Modem
  readonly client: Client
  /** What becomes of what the module says: pieces in their order. */
  twist: (bytes: string) => string[] = (bytes) => [bytes]
  /** All that the module said, untwisted. */
  said: string[] = []
  private readonly outcomes = new Map<number, Outcome>()
  private commands = 0
  private lines = 0
  private inbox = ''
  private onBytes: () => void = () => {}

  constructor(name: FamilyName, waits: boolean) {
    this.sim = createSim({ seed: 1, waits, traceLimit: 0, maxSpins: 30_000, maxEvents: 1_000_000 })
    const { sim } = this
    new ModelBroker(sim, {})
    this.emulator = new ModemEmulator(sim.addDevice({ id: 'module', waits: false, sockets: 16 }).hal, { family: name, registerMs: 0, transcriptLimit: 0 })
    const line = this.emulator.serial()
    const open = line.open
    const base = sim.device.hal
    this.modem = createModem(base, {
      ...line,
      open: (baud, onBytes) => {
        this.onBytes = () => {
          if (waits) sim.device.timer.socketEvent()
          else onBytes()
        }
        return open(baud, () => this.arrive(line.read(4096)))
      },
      read: (max) => {
        const some = this.inbox.slice(0, max)
        this.inbox = this.inbox.slice(some.length)
        return some as Bytes
      },
      write: (bytes) => {
        const taken = line.write(bytes)
        if (/^AT[^\r\n]*\r\n/.test(bytes)) this.commands += 1
        return taken
      }
    }, families[name], { apn: name === 'esp' ? 'home' : 'internet', pins: this.emulator.pins(), unreadMax: UNREAD, readMax: READ })
    this.client = create(modemHal(base, this.modem), {
      servers: [{ host: 'broker', port: 1883 }], clientId: 'fuzz', clean: false, keepalive: 30,
      onReceipt: (token, outcome) => { this.outcomes.set(token, outcome) }
    })
    this.client.subscribe('in/#', 1)
    this.client.connect()
  }

  /** Bytes on the host's RXD. */
  hear(bytes: string): void {
    this.inbox += bytes
    this.lines += bytes.split('\n').length - 1
    this.onBytes()
  }

  publish(bytes: number): number {
    return this.client.publish('out', 'x'.repeat(bytes) as Bytes, 1)
  }

  run(ms: number): void {
    const { sim, client } = this
    const end = sim.now + ms
    if (sim.device.hal.timer.wait === undefined) sim.run(ms)
    for (let i = 0; sim.now < end; i += 1) {
      if (i > 20_000) throw new Error(`yield returned 20000 times without the time of ${ms} ms having passed`)
      const before = sim.now
      const code = client.yield(end - sim.now)
      if (code < 0 || sim.now === before) sim.run(Math.min(50, end - sim.now))
    }
  }

  /** Throws what is not as it must be. */
  check(): void {
    const { modem, sim } = this
    const over = (what: string, value: number, limit: number): void => {
      if (value > limit) throw new Error(`${what}: ${value}, the limit is ${limit}`)
    }
    over('bytes of half a line', modem.part_.length, Most.Line)
    over('bytes of a read under way', modem.held_.length, READ)
    over('bytes for the serial line', modem.out_.length, modem.family_.tcp.maxSend + COMMAND_BYTES)
    over('places for links', modem.links_.length, 2 * modem.family_.tcp.count)
    for (const link of modem.links_) {
      over('bytes received and not read', link.unread_.length, UNREAD)
      over('bytes taken and not sent', link.out_.length, modem.family_.tcp.maxSend)
    }
    over('commands', this.commands, PER_LINE * this.lines + PER_SECOND * sim.now / 1000 + AT_ONCE)
    sim.check()
  }

  /** The line is right again: the port is ready and a message is delivered within what is left of a rest, another one, two climbs of all rungs and the core's delays. */
  recover(): void {
    const { modem, sim, client } = this
    this.twist = (bytes) => [bytes]
    const limit = sim.now + 2 * 3_600_000 + 2 * RUNGS_MS + DELAY_MS
    let token = 0
    for (let step = 100; sim.now < limit; step = Math.min(10_000, step * 2)) {
      this.run(step)
      this.check()
      if (token <= 0) token = this.publish(10)
      if (token > 0 && this.outcomes.get(token) === 'delivered') break
      if (token > 0 && this.outcomes.has(token)) token = 0
    }
    if (token <= 0 || !this.outcomes.has(token)) throw new Error(`the line is right since long, and no message is delivered: stage ${modem.stage_}, ${modem.word_}, job ${modem.job_}, ${JSON.stringify(client.explain())}`)
    if (modem.stage_ !== Stage.Ready && modem.stage_ !== Stage.BringUp) throw new Error(`a message was delivered, and the port is in stage ${modem.stage_}`)
  }

  private arrive(bytes: string): void {
    if (bytes === '') return
    this.said.push(bytes)
    for (const piece of this.twist(bytes)) this.hear(piece)
  }
}

let kept: string[] | undefined

/** What modules of all families say in the course of a start, a connect and some messages. */
export function transcripts(): readonly string[] {
  if (kept !== undefined) return kept
  kept = []
  for (const name of NAMES) {
    const w = new AtWorld(name, false)
    w.run(20_000)
    w.publish(100)
    w.run(5000)
    w.emulator.losePdp()
    w.run(30_000)
    w.emulator.reboot()
    w.run(60_000)
    kept.push(...new Set(w.said))
  }
  return kept
}
