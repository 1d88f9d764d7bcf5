/**
 * Links by number, with what every maker's socket commands need: whether data was announced, and pushing it to the host
 * no faster than the line takes it.
 */
import type { TlsOptions } from '../../hal.js'
import type { Link } from './link.js'
import type { Modem } from './modem.js'

export interface Slot {
  readonly number: number
  readonly host: string
  readonly port: number
  link: Link
  state: 'opening' | 'open' | 'closed'
  /** Data was announced and not fetched yet. */
  noticed: boolean
  /** Data is pushed as it comes. */
  push: boolean
}

/** How a maker writes what happens on a link. */
export interface SlotLines {
  /** 0, or the `LinkCode` that it failed with. */
  opened: (slot: Slot, code: number) => void
  /** Announces data that waits. */
  notice: (slot: Slot) => void
  /** A piece of pushed data. */
  pushed: (slot: Slot, bytes: string) => void
  closed: (slot: Slot, code: number) => void
}

export interface OpenRequest {
  readonly number: number
  readonly host: string
  readonly port: number
  readonly push: boolean
  readonly tls?: TlsOptions
  /** A `LinkCode` where the module knows by itself that it cannot. */
  readonly refused?: number
}

/** Bytes that may wait for the line before more is taken from a link. */
const PUSH_PENDING = 4096
const PUSH_RETRY_MS = 5

/** The slots of one set of socket commands, gone with a reboot and with the context. */
export function slots(modem: Modem, name: string): Map<number, Slot> {
  return modem.slot(name, () => {
    const map = new Map<number, Slot>()
    modem.watch((event) => {
      if (event === 'pdp-lost') map.clear()
    })
    return map
  })
}

/** Opens a link in its slot. */
export function openSlot(modem: Modem, map: Map<number, Slot>, request: OpenRequest, lines: SlotLines, pushMax: number): void {
  const { number, host, port, push, tls } = request
  const slot: Slot = { number, host, port, push, state: 'opening', noticed: false, link: modem.open(number, { host, port, ...tls === undefined ? {} : { tls } }, {
    opened: () => {
      slot.state = 'open'
      lines.opened(slot, 0)
    },
    failed: (code) => {
      slot.state = 'closed'
      if (map.get(number) === slot) map.delete(number)
      lines.opened(slot, code)
    },
    data: () => {
      if (slot.push) pushOn(modem, slot, lines, pushMax)
      else if (!slot.noticed) {
        slot.noticed = true
        lines.notice(slot)
      }
    },
    closed: (code) => {
      while (slot.push && slot.link.pending > 0) lines.pushed(slot, slot.link.read(pushMax))
      slot.state = 'closed'
      lines.closed(slot, code)
    }
  }, request.refused) }
  map.set(number, slot)
}

function pushOn(modem: Modem, slot: Slot, lines: SlotLines, pushMax: number): void {
  while (slot.push && slot.link.pending > 0) {
    if (modem.wire.pending > PUSH_PENDING) {
      modem.after(PUSH_RETRY_MS, () => pushOn(modem, slot, lines, pushMax))
      return
    }
    lines.pushed(slot, slot.link.read(pushMax))
  }
}

/** Closes and frees a slot; false where there is none. */
export function closeSlot(map: Map<number, Slot>, number: number): boolean {
  const slot = map.get(number)
  if (slot === undefined) return false
  map.delete(number)
  slot.link.close()
  return true
}
