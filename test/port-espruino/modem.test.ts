/** The parts of hal/espruino for boards with an AT modem, in a stand-in for the interpreter's Serial and pins. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { LinkCode, type Bytes, type Hal } from '../../hal/hal.js'
import type * as network from '../../hal/espruino/at-network.js'
import { pins } from '../../hal/espruino/pins.js'
import { serial, type NativeSerial } from '../../hal/espruino/serial.js'
import { buildModule } from '../../tools/build/board-build.js'
import { readBoards, type Board } from '../../tools/build/boards.js'
import { keptBundle } from '../../tools/build/kept.js'
import { modemPortText } from '../../tools/build/modem-port.js'
import { flagsOf } from '../../tools/build/profiles.js'

const bytes = (text: string): Bytes => text as Bytes
const RECEIVE_LIMIT = 2048
const WRITE_LIMIT = 512

/** The interpreter's Serial: hands over what comes to whoever listens. */
class StubSerial implements NativeSerial {
  readonly setups: unknown[] = []
  written = ''
  closed = 0
  private readonly handlers = new Map<string, (data: Bytes) => void>()

  setup(baud: number, options: unknown): void {
    if (baud === 1) throw new Error('Unknown option')
    this.setups.push([baud, options])
  }

  unsetup(): void { this.closed += 1 }
  write(some: Bytes): void { this.written += some }

  on(event: string, handler: (data: Bytes) => void): void {
    if (this.handlers.has(event)) throw new Error(`a second handler of ${event}`)
    this.handlers.set(event, handler)
  }

  emit(event: string, data = ''): void { this.handlers.get(event)?.(bytes(data)) }
}

let flags: string[] = []
let port: StubSerial
beforeEach(() => {
  port = new StubSerial()
  flags = []
  vi.stubGlobal('E', { getErrorFlags: () => flags.splice(0) })
})
afterEach(() => { vi.unstubAllGlobals() })

describe('a serial line', () => {
  it('is set up with the interpreter\'s own options and no others, and again for another speed', () => {
    const uart = { tx: 'B6', rx: 'B7' }
    const line = serial(port, { uart, receiveMax: 10 })
    expect(line.open(115_200, () => {})).toBe(0)
    expect(line.open(9600, () => {})).toBe(0)
    expect(port.setups).toEqual([[115_200, uart], [9600, uart]])
  })

  it('tells of bytes, and gives them in any pieces', () => {
    const line = serial(port, {})
    let told = 0
    line.open(115_200, () => { told += 1 })
    expect(line.read(10)).toBe('')
    port.emit('data', 'abc')
    port.emit('data', '\0\xff')
    expect(told).toBe(2)
    expect([line.read(0), line.read(2), line.read(2), line.read(99), line.read(99)]).toEqual(['', 'ab', 'c\0', '\xff', ''])
  })

  it('drops what does not fit, and counts it with what the interpreter lost', () => {
    const line = serial(port, {})
    line.open(115_200, () => {})
    for (let i = 0; i < RECEIVE_LIMIT / 64; i += 1) port.emit('data', 'x'.repeat(64))
    expect(line.overruns()).toBe(0)
    port.emit('data', 'y')
    expect(line.overruns()).toBe(1)
    expect(line.read(1_000_000)).toBe('x'.repeat(RECEIVE_LIMIT))
    flags = ['FIFO_FULL', 'LOW_MEMORY', 'UART_OVERFLOW', 'BUFFER_FULL']
    expect(line.overruns()).toBe(4)
    expect(line.overruns()).toBe(4)
  })

  it('counts framing and parity errors where it is asked for them', () => {
    const line = serial(port, { uart: { errors: true } })
    line.open(115_200, () => {})
    port.emit('framing')
    port.emit('parity')
    expect(line.overruns()).toBe(2)
  })

  it('takes no more in one call than its credit, since the interpreter waits until all has left', () => {
    const line = serial(port, {})
    expect([line.credit(), line.write(bytes('AT'))]).toEqual([0, LinkCode.Closed])
    line.open(115_200, () => {})
    expect(line.credit()).toBe(WRITE_LIMIT)
    expect(line.write(bytes('z'.repeat(WRITE_LIMIT + 1)))).toBe(WRITE_LIMIT)
    expect(port.written).toBe('z'.repeat(WRITE_LIMIT))
  })

  it('is gone after close, and can be opened again', () => {
    const line = serial(port, {})
    let told = 0
    line.open(115_200, () => { told += 1 })
    line.close()
    port.emit('data', 'late')
    expect([port.closed, told, line.read(10), line.credit()]).toEqual([1, 0, '', 0])
    line.open(115_200, () => { told += 1 })
    port.emit('data', 'new')
    expect([told, line.read(10)]).toEqual([1, 'new'])
  })

  it('says AtFailed where the interpreter refuses the options', () => {
    expect(serial(port, {}).open(1, () => {})).toBe(LinkCode.AtFailed)
  })
})

describe('pins', () => {
  const calls: unknown[][] = []
  beforeEach(() => {
    calls.length = 0
    vi.stubGlobal('digitalWrite', (...call: unknown[]) => calls.push(['write', ...call]))
    vi.stubGlobal('digitalPulse', (...call: unknown[]) => calls.push(['pulse', ...call]))
  })

  it('are let go at once, each in its own sense, and held active for a pulse', () => {
    const made = pins({ powerKey: 'B4', reset: 'B5', activeLow: ['reset'] })
    expect(calls.splice(0)).toEqual([['write', 'B4', 0], ['write', 'B5', 1]])
    expect([made.pulse('powerKey', 2000), made.pulse('reset', 600)]).toEqual([0, 0])
    expect(calls).toEqual([['pulse', 'B4', 1, 2000], ['pulse', 'B5', 0, 600]])
  })

  it('that are not wired are not there; a pulse of no time is none', () => {
    const made = pins({ powerKey: 'B4' })
    expect(['powerKey', 'reset', 'power', 'status'].map((name) => made.has(name))).toEqual([true, false, false, false])
    expect(made.pulse('power', 100)).toBe(LinkCode.Unsupported)
    calls.length = 0
    expect(made.pulse('powerKey', 0)).toBe(0)
    expect(calls).toEqual([])
  })
})

describe('the interpreter\'s network', () => {
  let code = ''
  beforeAll(async () => {
    code = (await keptBundle('espruino', { entry: 'hal/espruino/at-network.ts', flags: flagsOf('tiny') })).code
  }, 60_000)

  /** One socket of a HAL, in the hands of the test, and what the interpreter calls. */
  function start() {
    const socket = { state: 0, received: '', sent: '', closed: 0, opened: [] as unknown[] }
    const hal = {
      socket: {
        open: (endpoint: unknown) => {
          socket.opened.push(endpoint)
          return {
            status: () => socket.state, close: () => { socket.closed += 1 },
            read: (max: number) => {
              const some = socket.received.slice(0, max)
              socket.received = socket.received.slice(max)
              return some
            },
            write: (some: string) => {
              if (socket.state < 0) return socket.state
              socket.sent += some.slice(0, 3)
              return Math.min(3, some.length)
            }
          }
        }
      }
    } as unknown as Hal
    let calls!: Record<string, (...values: unknown[]) => unknown>
    const exports = {} as typeof network
    // The bundle is ours, and this is how the interpreter runs a module.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const run = new Function('exports', 'require', code) as (...values: unknown[]) => void
    run(exports, () => ({ create: (given: typeof calls) => { calls = given } }))
    exports.atNetwork(hal)
    return { socket, calls }
  }

  it('says "not connected" while the link opens, takes nothing, then passes bytes as far as there is room', () => {
    const { socket, calls } = start()
    expect(calls.create!('example.com', 80, 1)).toBe(0)
    expect(socket.opened).toEqual([{ host: 'example.com', port: 80 }])
    expect([calls.recv!(0, 536), calls.send!(0, 'GET')]).toEqual([-11, 0])
    socket.state = 1
    socket.received = '\0\xffok'
    expect([calls.recv!(0, 3), calls.recv!(0, 3), calls.recv!(0, 3), calls.send!(0, 'GET /')]).toEqual(['\0\xffo', 'k', '', 3])
    expect(socket.sent).toBe('GET')
  })

  it('has nothing to say to the interpreter\'s TLS while the link opens: a number would end its handshake', () => {
    const { calls } = start()
    calls.create!('example.com', 443, 4)
    expect([calls.recv!(0, 536), calls.send!(0, '\x16')]).toEqual(['', 0])
  })

  it.each([
    [LinkCode.Closed, -1], [LinkCode.TcpTimeout, -3], [LinkCode.TcpFailed, -4], [LinkCode.DnsFailed, -6], [LinkCode.NoSocket, -7], [LinkCode.TcpRefused, -9], [LinkCode.Reset, -9]
  ])('tells the end %d as %d', (code, error) => {
    const { socket, calls } = start()
    calls.create!('example.com', 80, 0)
    socket.state = code
    expect([calls.recv!(0, 536), calls.send!(0, 'x')]).toEqual([error, error])
  })

  it('gives places again, closes, and has neither servers nor UDP', () => {
    const { socket, calls } = start()
    expect([calls.create!('a', 1, 0), calls.create!('b', 2, 0)]).toEqual([0, 1])
    calls.close!(0)
    calls.close!(0)
    expect(socket.closed).toBe(1)
    expect([calls.recv!(0, 1), calls.send!(0, 'x')]).toEqual([-1, -1])
    expect(calls.create!('c', 3, 0)).toBe(0)
    expect([calls.create!(undefined, 80, 0), calls.create!('d', 53, 2), calls.accept!(0)]).toEqual([-1, -1, -1])
  })
})

describe('the board uart-modem', () => {
  const board = (): Board => readBoards()['uart-modem']!

  it('has the wiring and the one family of board.json in its module', { timeout: 60_000 }, async () => {
    const { code } = await buildModule(board())
    expect(code).toContain('"air780"')
    for (const other of ['air724', 'AT+QIOPEN', 'AT+NETOPEN', 'require("net")', 'NetworkJS']) expect(code).not.toContain(other)
    expect(code).toMatch(/serial:Serial1,uart:\{tx:B6,rx:B7\},powerKey:B4,reset:B5/)
  })

  it('takes other widths of pulses, and refuses what is no pin', () => {
    expect(modemPortText({ ...board(), modem: 'sim7600', pulses: { keyOnMs: 999 } })).toMatch(/import \{ sim7600 \} from '..\/at\/simcom.js'[^]*"keyOnMs":999/)
    expect(() => modemPortText({ ...board(), pins: { ...board().pins, reset: 'B5, x' } })).toThrow('is no name of a pin')
    expect(() => modemPortText({ ...board(), pins: { tx: 'B6' } })).toThrow('serial must be named')
  })
})
