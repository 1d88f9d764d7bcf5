/** Both ends of a pty: what came to each, and waiting for it by events. */
import type { Bytes } from '../../../hal/hal.js'
import type { HostSerial } from '../../../hal/host/serial.js'
import type { Pty } from '../../../tools/modem/pty.js'
import { within } from '../../support/until.js'

export const LIMIT_MS = 15_000

/** Every value of a byte, the control characters of terminals among them. */
export const EVERY_BYTE = Array.from({ length: 256 }, (_, n) => String.fromCharCode(n)).join('') as Bytes

/** `count` bytes that tell where they belong. */
export function pattern(count: number): Bytes {
  return Array.from({ length: count }, (_, n) => String.fromCharCode((n * 7 + (n >> 8)) & 255)).join('') as Bytes
}

/** Something that changes by events. */
export class Watched {
  private watchers = new Set<() => void>()

  /** To be called whenever something may have changed. */
  changed(): void {
    for (const watch of [...this.watchers]) watch()
  }

  /** Resolves when `condition` holds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return
    await within(new Promise<void>(resolve => {
      const watch = (): void => {
        if (!condition()) return
        this.watchers.delete(watch)
        resolve()
      }
      this.watchers.add(watch)
    }), LIMIT_MS, what)
  }
}

/** A program at the line's end. */
export class Host extends Watched {
  heard = ''
  calls = 0

  constructor(readonly port: HostSerial) {
    super()
  }

  open(baud = 115_200): number {
    return this.port.open(baud, () => {
      this.calls += 1
      for (let bytes = this.port.read(1000); bytes !== ''; bytes = this.port.read(1000)) this.heard += bytes
      this.changed()
    })
  }
}

/** The device at the other end. */
export class Device extends Watched {
  heard = ''
  private waiting = ''

  constructor(readonly pty: Pty) {
    super()
    pty.onData(bytes => {
      this.heard += bytes
      this.changed()
    })
    pty.onCredit(() => this.pump())
  }

  say(bytes: string): void {
    this.waiting += bytes
    this.pump()
  }

  /** Bytes that the line has not taken. */
  get unsaid(): number {
    return this.waiting.length
  }

  private pump(): void {
    this.waiting = this.waiting.slice(this.pty.write(this.waiting as Bytes))
    this.changed()
  }
}
