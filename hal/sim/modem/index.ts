/**
 * An emulated modem: bytes in, bytes out, pins; on its far side any event-driven `Hal`, simulated or real. It speaks the
 * AT dialect of its family down to the spelling, and goes wrong in the ways that modules do, all from one seed.
 */
import { LinkCode, type Bytes, type Code, type Hal, type PinsHal, type SerialHal } from '../../hal.js'
import { air724, air780 } from './air7xx.js'
import { esp } from './esp.js'
import type { Family } from './family.js'
import type { Faults } from './faults.js'
import { Modem } from './modem.js'
import type { FamilyName, ModemOptions, Quirks } from './options.js'
import { bg9x, ec2x } from './quectel.js'
import type { Radio } from './radio.js'
import { SerialEnd } from './serial.js'
import { sim800 } from './sim800.js'
import { a7670, sim7600 } from './simcom.js'

export type { Argument, Call, CommandRow, CommandTable, Form, Prompt } from './commands.js'
export type { Family } from './family.js'
export type { FaultName, Faults, PromptUrc } from './faults.js'
export type { Link, LinkEvents } from './link.js'
export type { Modem, ModemEvent } from './modem.js'
export type { FamilyName, ModemOptions, Quirks } from './options.js'
export type { PowerState } from './power.js'
export type { Radio, SimState } from './radio.js'

/** An edge of a pin: true when it is held active. For `power`, active means that the supply is cut. */
export interface Edge {
  readonly name: string
  readonly active: boolean
  readonly at: number
}

export interface TranscriptEntry {
  readonly at: number
  readonly from: 'host' | 'module'
  readonly bytes: Bytes
}

const FAMILIES: Readonly<Record<FamilyName, Family>> = { air724, air780, sim800, sim7600, a7670, ec2x, bg9x, esp }

const UART_BUFFER = 4096
const TRANSCRIPT_LIMIT = 1048576
/** Edges kept; the oldest go. */
const EDGES_LIMIT = 1000

export class ModemEmulator {
  /** Called with bytes that the module sends; never from within `input`. */
  onOutput: ((bytes: Bytes) => void) | undefined
  readonly edges: Edge[] = []
  /** What passed the line, after its faults. Bounded; the oldest go. */
  readonly transcript: TranscriptEntry[] = []
  /** The inside, for tests and for tables of commands. */
  readonly modem: Modem
  private recorded = 0
  private readonly end: SerialEnd

  /** @param world the network and the clock on the module's far side. It must have `timer.onWake`. */
  constructor(world: Hal, options: ModemOptions) {
    this.modem = new Modem(FAMILIES[options.family], options, world, (bytes) => this.output(bytes))
    this.end = new SerialEnd({
      schedule: this.modem.schedule, random: this.modem.random.fork('serial'), pacing: options.pacing ?? false,
      receiveBuffer: options.uartBuffer ?? UART_BUFFER, send: (bytes, baud) => this.input(bytes, baud)
    })
  }

  /** Milliseconds since it was made; all times here are such. */
  get now(): number {
    return this.modem.schedule.now
  }

  /** What the module sees; change it freely, or with `changeRadio` where it is to say so. */
  get radio(): Radio {
    return this.modem.radio
  }

  get faults(): Faults {
    return this.modem.faults
  }

  get quirks(): Quirks {
    return this.modem.quirks
  }

  /** Boots so far, and what its power is. */
  get life(): number {
    return this.modem.life
  }

  get powerState(): string {
    return this.modem.power.state
  }

  /** Bytes the in-process serial end lost. */
  get uartLost(): number {
    return this.end.lost
  }

  /**
   * Bytes from the host to RXD.
   * @param baud the host's speed; 0 for the module's.
   */
  input(bytes: Bytes, baud = 0): void {
    this.record('host', this.modem.input(bytes, baud) as Bytes)
  }

  pin(name: string, active: boolean): void {
    this.edges.push({ name, active, at: this.now })
    if (this.edges.length > EDGES_LIMIT) this.edges.shift()
    this.modem.power.pin(name, active)
  }

  /** The line's other end, in this process. */
  serial(): SerialHal {
    return this.end.hal
  }

  pins(): PinsHal {
    return {
      has: (name) => this.hasPin(name),
      pulse: (name, ms): Code => {
        if (!this.hasPin(name)) return LinkCode.Unsupported
        this.pin(name, true)
        this.modem.schedule.after(ms, () => this.pin(name, false))
        return 0
      }
    }
  }

  /** Changes what the module sees, and lets it report it where the host asked for reports. */
  changeRadio(patch: Partial<Radio>): void {
    this.modem.changeRadio(patch)
  }

  /** The network ends the context. */
  losePdp(): void {
    this.modem.loseContext()
  }

  /** It restarts by itself: a watchdog, a brown-out. */
  reboot(why = 'watchdog'): void {
    this.modem.power.boot(why)
  }

  /** Off at once, without a word. */
  powerOff(): void {
    this.modem.power.stop()
  }

  /** It answers nothing until reset or power. */
  hang(): void {
    this.modem.hang()
  }

  /** The network ends link `n`, or all: the module reports it as it reports a close by the peer. */
  dropLink(n?: number): void {
    for (const link of [...this.modem.links]) if (n === undefined || link.number === n) link.drop(LinkCode.Reset)
  }

  /** Its output is held for `ms`; then all of it comes, late. */
  silence(ms: number): void {
    this.modem.wire.hold(ms)
  }

  /** Ends it: links are closed and the world's timer is freed. */
  close(): void {
    this.modem.close()
  }

  private hasPin(name: string): boolean {
    if (name === 'powerKey') return this.modem.family.power.keyOnMs > 0
    return name === 'reset' || name === 'power'
  }

  private output(bytes: Bytes): void {
    this.record('module', bytes)
    this.onOutput?.(bytes)
    this.end.arrive(bytes, this.modem.baud)
  }

  private record(from: 'host' | 'module', bytes: Bytes): void {
    if (bytes === '') return
    this.transcript.push({ at: this.now, from, bytes })
    this.recorded += bytes.length
    const limit = this.modem.options.transcriptLimit ?? TRANSCRIPT_LIMIT
    while (this.recorded > limit && this.transcript.length > 1) this.recorded -= this.transcript.shift()!.bytes.length
  }
}

/** The families that there are. */
export function emulatedFamilies(): FamilyName[] {
  return Object.keys(FAMILIES) as FamilyName[]
}
