/** The serial line by a package of our own, under a clock of our own: errors in words, credit by the line's time, speeds, pins. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LinkCode, type Bytes } from '../../hal/hal.js'
import { serialPins } from '../../hal/host/serial-pins.js'
import { serialPort, SerialError, type HostSerial, type SerialOptions, type SerialPackage } from '../../hal/host/serial.js'
import { fakePackage, type FakePort } from './fake.js'

/** A path that is there on every machine: the package that would open it is not the real one. */
const PATH = os.tmpdir()
let errors: SerialError[] = []
let calls = 0

beforeEach(() => {
  errors = []
  calls = 0
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function line(options: SerialOptions = {}, fails: { set?: Error } = {}): { port: HostSerial; native: () => FakePort; open: (baud?: number) => void } {
  const { load, ports } = fakePackage(fails)
  const port = serialPort(PATH, { load, onError: error => errors.push(error), ...options })
  const native = (): FakePort => ports.at(-1)!
  const open = (baud = 9600): void => {
    expect(port.open(baud, () => { calls += 1 })).toBe(0)
    native().opened()
  }
  return { port, native, open }
}

const text = (value: string): Bytes => value as Bytes

describe('what goes wrong is said in words', () => {
  it('a package that is not installed', () => {
    const empty = mkdtempSync(path.join(os.tmpdir(), 'yieldmq-serial-'))
    const load = (): SerialPackage => createRequire(path.join(empty, 'program.js'))('serialport') as SerialPackage
    expect(() => serialPort(PATH, { load })).toThrow(new SerialError('no-package', 'the package serialport is not installed, which a serial line needs: npm install serialport'))
    rmSync(empty, { recursive: true })
  })

  it('a package that does not load on this machine', () => {
    const load = (): SerialPackage => { throw new Error('No native build was found') }
    expect(() => serialPort(PATH, { load })).toThrow('does not load here (No native build was found)')
  })

  it.each([
    ['Error: Permission denied, cannot open /dev/ttyUSB0', 'no-permission', 'dialout'],
    ['Error Resource temporarily unavailable Cannot lock port', 'busy', 'another program has it open'],
    ['Error: Device or resource busy, cannot open /dev/ttyUSB0', 'busy', 'another program has it open'],
    ['Opening COM7: File not found', 'no-device', 'is it plugged in'],
    ['Error: Invalid argument, cannot open /dev/ttyUSB0', 'failed', 'cannot be opened']
  ])('"%s" is %s', (message, problem, words) => {
    const { port, native } = line()
    expect(port.open(9600, () => { calls += 1 })).toBe(0)
    native().refused(message)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ problem })
    expect(errors[0]!.message).toContain(words)
    expect(errors[0]!.message).toContain(message)
    expect([calls, port.write(text('x')), port.credit()]).toEqual([1, LinkCode.AtFailed, 0])
  })

  it.each([0, -1, 1.5, NaN])('a speed of %s', baud => {
    const { port } = line()
    expect(port.open(baud, () => {})).toBe(LinkCode.AtFailed)
    expect(errors[0]!.message).toContain(`${baud} is no speed`)
  })
})

describe('bytes and speeds', () => {
  it('what is written before the line is open leaves when it is', () => {
    const { port, native } = line()
    expect(port.write(text('x'))).toBe(LinkCode.Closed)
    port.open(9600, () => {})
    expect(port.write(text('AT\r'))).toBe(3)
    expect(native().log).toEqual([])
    native().opened()
    expect(native().log).toEqual(['write AT\r'])
  })

  it('credit comes back when the kernel has the bytes and the line had the time for them', () => {
    const { port, native, open } = line({ creditLimit: 96 })
    open()
    expect(port.write(text('x'.repeat(200)))).toBe(96)
    expect(port.credit()).toBe(0)
    // 96 bytes take 100 ms at 9600 baud.
    native().taken()
    expect(port.credit()).toBe(0)
    vi.advanceTimersByTime(50)
    expect(port.credit()).toBe(48)
    vi.advanceTimersByTime(50)
    expect(port.credit()).toBe(96)
  })

  it('a device that takes nothing gives no credit back, however long', () => {
    const { port, native, open } = line({ creditLimit: 96 })
    open()
    port.write(text('x'.repeat(96)))
    vi.advanceTimersByTime(60_000)
    expect(port.credit()).toBe(0)
    native().taken()
    expect(port.credit()).toBe(96)
  })

  it('with flow control reading stops at the limit and goes on below half of it', () => {
    const { port, native, open } = line({ rtscts: true, receiveLimit: 100 })
    open()
    expect(native().options).toMatchObject({ baudRate: 9600, rtscts: true })
    native().emit('data', Buffer.alloc(99, 'x'))
    expect(native().log).toEqual([])
    native().emit('data', Buffer.alloc(99, 'x'))
    expect(native().log).toEqual(['pause'])
    expect(port.read(147)).toHaveLength(147)
    expect(native().log).toEqual(['pause'])
    port.read(1)
    expect(native().log).toEqual(['pause', 'resume'])
    expect([port.read(1000).length, port.overruns()]).toEqual([50, 0])
  })

  it('a new speed waits until the bytes before it can have left, and the bytes behind it wait for it', () => {
    const { port, native, open } = line()
    open()
    port.write(text('x'.repeat(96)))
    port.open(115_200, () => {})
    port.write(text('AT'))
    native().taken()
    vi.advanceTimersByTime(100)
    expect(native().log).toEqual([`write ${'x'.repeat(96)}`])
    vi.advanceTimersByTime(10)
    expect(native().log.slice(1)).toEqual(['speed 115200', 'write AT'])
  })

  it('the speed that it has already is not set again', () => {
    const { port, native, open } = line()
    open()
    port.open(9600, () => {})
    vi.advanceTimersByTime(100)
    expect(native().log).toEqual([])
  })

  it('a closed line sends for a second at most what it had taken', () => {
    const { port, native, open } = line()
    open()
    port.write(text('never taken'))
    port.close()
    expect(native().log).toEqual(['write never taken'])
    vi.advanceTimersByTime(1000)
    expect(native().log).toEqual(['write never taken', 'close'])
    native().emit('error', new Error('canceled'))
    native().emit('close')
    expect([errors.length, calls, vi.getTimerCount()]).toEqual([0, 0, 0])
  })

  it('a failure that is told three times is told on once', () => {
    const { port, native, open } = line()
    open()
    const first = native()
    first.isOpen = false
    first.emit('error', new Error('EIO'))
    first.emit('close', new Error('EIO'))
    first.emit('close')
    expect([errors.map(error => error.problem), calls, port.write(text('x')), vi.getTimerCount()]).toEqual([['gone'], 1, LinkCode.AtFailed, 0])
    open()
    expect(port.write(text('x'))).toBe(1)
    first.emit('data', Buffer.from('late'))
    expect(port.read(10)).toBe('')
  })
})

it('a device that the package still reads as empty is looked after twice a second', () => {
  const { port, native, open } = line()
  open()
  vi.advanceTimersByTime(5000)
  expect([errors, port.write(text('x'))]).toEqual([[], 1])
  native().hungUp = new Error('Error: Input/output error, cannot get')
  vi.advanceTimersByTime(500)
  expect([errors.map(error => error.problem), calls, port.write(text('x')), native().log.at(-1), vi.getTimerCount()]).toEqual([['gone'], 1, LinkCode.AtFailed, 'close', 0])
})

describe('pins by control lines', () => {
  it('are let go when the line opens, held for their time, and let go again', () => {
    const { port, native, open } = line()
    const pins = serialPins(port, { powerKey: 'dtr', reset: 'rts' })
    expect([pins.has('powerKey'), pins.has('reset'), pins.has('power'), pins.has('dtr')]).toEqual([true, true, false, false])
    open()
    expect(native().log).toEqual(['dtr 0 rts 0'])
    expect(pins.pulse('powerKey', 1500)).toBe(0)
    expect(pins.pulse('reset', 200)).toBe(0)
    expect(pins.pulse('power', 1)).toBe(LinkCode.Unsupported)
    vi.advanceTimersByTime(200)
    vi.advanceTimersByTime(1299)
    expect(native().log.slice(1)).toEqual(['dtr 1 rts 0', 'dtr 1 rts 1', 'dtr 1 rts 0'])
    vi.advanceTimersByTime(1)
    expect(native().log.slice(4)).toEqual(['dtr 0 rts 0'])
  })

  it('a line that is no pin stays asserted, and inverted pins are active when theirs is not', () => {
    const { port, native, open } = line()
    const pins = serialPins(port, { powerKey: 'rts', inverted: ['powerKey'] })
    open()
    expect(native().log).toEqual(['dtr 1 rts 1'])
    pins.pulse('powerKey', 10)
    expect(native().log.at(-1)).toBe('dtr 1 rts 0')
    vi.advanceTimersByTime(10)
    expect(native().log.at(-1)).toBe('dtr 1 rts 1')
  })

  it('a second pulse lengthens the first and never shortens it', () => {
    const { port, native, open } = line()
    const pins = serialPins(port, { reset: 'dtr' })
    open()
    pins.pulse('reset', 100)
    vi.advanceTimersByTime(50)
    pins.pulse('reset', 20)
    vi.advanceTimersByTime(49)
    expect(native().log.at(-1)).toBe('dtr 1 rts 1')
    pins.pulse('reset', 20)
    vi.advanceTimersByTime(19)
    expect(native().log.at(-1)).toBe('dtr 1 rts 1')
    vi.advanceTimersByTime(1)
    expect(native().log.at(-1)).toBe('dtr 0 rts 1')
  })

  it('cannot be pulsed while there is no line, and a line that opens later finds them let go', () => {
    const { port, native, open } = line()
    const pins = serialPins(port, { reset: 'dtr' })
    expect(pins.pulse('reset', 100)).toBe(LinkCode.AtFailed)
    expect(vi.getTimerCount()).toBe(0)
    open()
    expect(native().log).toEqual(['dtr 0 rts 1'])
  })

  it('two pins on one line, and RTS beside flow control, are refused', () => {
    expect(() => serialPins(line().port, { powerKey: 'dtr', reset: 'dtr' })).toThrow('dtr cannot be both powerKey and reset')
    expect(() => serialPins(line({ rtscts: true }).port, { reset: 'rts' })).toThrow('belongs to the flow control')
  })

  it('a device without control lines says so, and stays open', () => {
    const { port, open } = line({}, { set: new Error('ENOTTY') })
    serialPins(port, { reset: 'dtr' })
    open()
    expect(errors.map(error => error.message)).toEqual([`${PATH}: its control lines cannot be set (ENOTTY)`])
    expect(port.write(text('x'))).toBe(1)
  })
})
