/** The package `serialport` with a device of our own: opens, writes and fails when it is told to. */
import type { ControlLines, NativePort, SerialPackage } from '../../hal/host/serial.js'

type Done = (error: Error | null) => void

export class FakePort implements NativePort {
  isOpen = false
  /** What it answers when it is asked for its lines. */
  hungUp: Error | null = new Error('Error: Inappropriate ioctl for device, cannot get')
  /** What happened, in order. */
  log: string[] = []
  private handlers = new Map<string, (value: never) => void>()
  private writes: Done[] = []

  constructor(readonly options: { path: string; baudRate: number; rtscts: boolean }, private readonly openedDone: Done, private readonly fails: { set?: Error }) {}

  opened(): void {
    this.isOpen = true
    this.openedDone(null)
  }

  refused(message: string): void {
    this.openedDone(new Error(message))
  }

  /** The kernel takes the oldest write. */
  taken(): void {
    this.writes.shift()!(null)
  }

  emit(event: string, value?: unknown): void {
    this.handlers.get(event)?.(value as never)
  }

  on(event: string, fn: (value: never) => void): void {
    this.handlers.set(event, fn)
  }

  write(chunk: Buffer, done: Done): boolean {
    this.log.push(`write ${chunk.toString('latin1')}`)
    this.writes.push(done)
    return true
  }

  update({ baudRate }: { baudRate: number }, done: Done): void {
    this.log.push(`speed ${baudRate}`)
    done(null)
  }

  get(done: Done): void {
    done(this.hungUp)
  }

  set({ dtr, rts }: ControlLines, done: Done): void {
    this.log.push(`dtr ${dtr ? 1 : 0} rts ${rts ? 1 : 0}`)
    done(this.fails.set ?? null)
  }

  close(done: Done): void {
    this.isOpen = false
    this.log.push('close')
    done(null)
  }

  pause(): void {
    this.log.push('pause')
  }

  resume(): void {
    this.log.push('resume')
  }
}

/** The package, and the ports that were made by it. */
export function fakePackage(fails: { set?: Error } = {}): { load: () => SerialPackage; ports: FakePort[] } {
  const ports: FakePort[] = []
  const SerialPort = class {
    constructor(options: FakePort['options'], opened: Done) {
      const port = new FakePort(options, opened, fails)
      ports.push(port)
      return port
    }
  }
  return { load: () => ({ SerialPort: SerialPort as unknown as SerialPackage['SerialPort'] }), ports }
}
