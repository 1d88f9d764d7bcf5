/**
 * An emulated modem on a line of this computer: a pty, or the two streams of this process. Its far side is the real network.
 */
import { lstatSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import type { Writable } from 'node:stream'
import type { Bytes, Endpoint, Hal } from '../../hal/hal.js'
import { createHostHal } from '../../hal/host/index.js'
import { ModemEmulator, type Faults, type FamilyName } from '../../hal/sim/modem/index.js'
import { UsageError } from '../usage.js'
import type { Pty } from './pty.js'

export interface ModemSettings {
  family: FamilyName
  seed: number
  /** 0: the first AT that is heard sets it. */
  baud: number
  faults: Partial<Faults>
  /** Every dial goes here, whatever it asks for. */
  broker?: { host: string; port: number }
}

/** Bytes that wait for a host that does not read; a UART keeps none at all. */
const UNREAD_LIMIT = 65_536
/** How long a host that has said all it has to say is given answers. */
const QUIET_MS = 1_000

/** The module, with the real network behind it. Bytes take the time that the line's speed gives them. */
export function createModem({ family, seed, baud, faults, broker }: ModemSettings): ModemEmulator {
  const world = createHostHal()
  return new ModemEmulator(broker === undefined ? world : redirected(world, broker), { family, seed, baud, faults, pacing: true })
}

/** TLS stays as it was asked for, and checks the name that was dialled. */
function redirected(world: Hal, broker: { host: string; port: number }): Hal {
  const open = (endpoint: Endpoint): ReturnType<Hal['socket']['open']> => {
    const there: Endpoint = { ...endpoint, ...broker }
    if (endpoint.tls !== undefined) there.tls = { servername: endpoint.host, ...endpoint.tls }
    return world.socket.open(there)
  }
  return { ...world, socket: { open } }
}

export interface Ears {
  /** What passed, before the faults of the host's side and after those of the module's. */
  onBytes?: (from: 'host' | 'module', bytes: Bytes) => void
  /** The host speaks at a speed that the module does not hear. Told once for each speed. */
  onDeaf?: (host: number, module: number) => void
  /** So many bytes were lost because the host does not read. */
  onLost?: (bytes: number) => void
}

/** Joins the module to a pty. The speed that the host has set counts, as it does on a wire. */
export function joinPty(modem: ModemEmulator, pty: Pty, ears: Ears = {}): void {
  let waiting = ''
  let deafTo = 0
  const pump = (): void => { waiting = waiting.slice(pty.write(waiting as Bytes)) }
  modem.onOutput = bytes => {
    ears.onBytes?.('module', bytes)
    const kept = bytes.slice(0, UNREAD_LIMIT - waiting.length)
    if (kept.length < bytes.length) ears.onLost?.(bytes.length - kept.length)
    waiting += kept
    pump()
  }
  pty.onCredit(pump)
  pty.onData((bytes, baud) => {
    ears.onBytes?.('host', bytes)
    const own = modem.modem.baud
    if (baud !== 0 && own !== 0 && baud !== own && baud !== deafTo) {
      deafTo = baud
      ears.onDeaf?.(baud, own)
    } else if (baud === own) deafTo = 0
    modem.input(bytes, baud)
  })
}

/** Joins the module to two streams, which have no speed. Resolves when the host's ends and the module has said nothing for a second. */
export async function joinStreams(modem: ModemEmulator, input: AsyncIterable<string>, output: Writable, ears: Ears = {}): Promise<void> {
  let said = (): void => {}
  modem.onOutput = bytes => {
    ears.onBytes?.('module', bytes)
    if (output.writableLength + bytes.length > UNREAD_LIMIT) ears.onLost?.(bytes.length)
    else output.write(bytes, 'latin1')
    said()
  }
  for await (const chunk of input) {
    ears.onBytes?.('host', chunk as Bytes)
    modem.input(chunk as Bytes)
  }
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, QUIET_MS)
    said = () => { timer.refresh() }
  })
}

/** A name of its own for a pty, whose number changes from run to run. What it gives takes the name away again. */
export function linkPort(link: string, target: string): () => void {
  const there = lstatSync(link, { throwIfNoEntry: false })
  if (there !== undefined && !there.isSymbolicLink()) throw new UsageError(`--port-link ${link}: there is something of that name that is no symbolic link; it is left alone`)
  try {
    // A link of an earlier run, perhaps one that was killed.
    rmSync(link, { force: true })
    symlinkSync(target, link)
  } catch (error) {
    throw new UsageError(`--port-link ${link}: cannot be made (${(error as Error).message})`)
  }
  return () => {
    const now = lstatSync(link, { throwIfNoEntry: false })
    // Another run may have it by now.
    if (now?.isSymbolicLink() === true && readlinkSync(link) === target) rmSync(link)
  }
}
