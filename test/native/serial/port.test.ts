/** A serial line by the package `serialport`, against a pty: what a program sees of bytes, speeds and a device that goes. */
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { LinkCode, type Bytes } from '../../../hal/hal.js'
import { serialPort, type HostSerial, type SerialError, type SerialOptions, type SerialPackage } from '../../../hal/host/serial.js'
import { openPty, type Pty } from '../../../tools/modem/pty.js'
import { Device, EVERY_BYTE, Host, pattern } from './support.js'

const ptys: Pty[] = []
const ports: HostSerial[] = []
let errors: SerialError[] = []

afterEach(async () => {
  for (const port of ports.splice(0)) port.close()
  await Promise.all(ptys.splice(0).map(pty => pty.close()))
  errors = []
})

async function line(options: SerialOptions = {}): Promise<{ host: Host; device: Device }> {
  const pty = await openPty()
  ptys.push(pty)
  return { host: at(pty.path, options), device: new Device(pty) }
}

function at(path: string, options: SerialOptions = {}): Host {
  const port = serialPort(path, { onError: error => errors.push(error), ...options })
  ports.push(port)
  return new Host(port)
}

/** Opens both ends: whatever waited in the line's buffers is gone once a byte came through. */
async function connected(options: SerialOptions = {}, baud = 115_200): Promise<{ host: Host; device: Device }> {
  const both = await line(options)
  expect(both.host.open(baud)).toBe(0)
  expect(both.host.port.write('?' as Bytes)).toBe(1)
  await both.device.until(() => both.device.heard === '?', 'the first byte')
  both.device.heard = ''
  return both
}

/** The version 10 that the package `espruino` brings. */
function version10(): SerialPackage {
  const espruino = createRequire(import.meta.url).resolve('espruino')
  return createRequire(espruino)('serialport') as SerialPackage
}

describe('a serial line', () => {
  it.each([['13', undefined], ['10', version10]])('carries every value of a byte both ways, with serialport %s', async (_version, load) => {
    const { host, device } = await connected(load === undefined ? {} : { load })
    device.say(EVERY_BYTE)
    expect(host.port.write(EVERY_BYTE)).toBe(256)
    await host.until(() => host.heard.length >= 256, '256 bytes from the device')
    await device.until(() => device.heard.length >= 256, '256 bytes from the program')
    expect(host.heard).toBe(EVERY_BYTE)
    expect(device.heard).toBe(EVERY_BYTE)
    expect(host.port.overruns()).toBe(0)
  })

  it('hands out what came in pieces of the size that is asked for', async () => {
    const { host, device } = await line()
    let seen = 0
    host.port.open(115_200, () => {
      seen += 1
      host.changed()
    })
    host.port.write('?' as Bytes)
    await device.until(() => device.heard === '?', 'the first byte')
    expect(host.port.read(10)).toBe('')
    device.say('abcdefgh')
    let read = ''
    await host.until(() => seen > 0, 'bytes')
    while (read.length < 8) {
      const before = seen
      for (let piece = host.port.read(3); piece !== ''; piece = host.port.read(3)) {
        expect(piece.length).toBeLessThanOrEqual(3)
        read += piece
      }
      if (read.length < 8) await host.until(() => seen > before, 'more bytes')
    }
    expect(read).toBe('abcdefgh')
    expect(host.port.read(0)).toBe('')
  })

  it('never calls onBytes from within a call of the program', async () => {
    const { host, device } = await line()
    let inside = false
    let wrong = 0
    let right = 0
    host.port.open(115_200, () => {
      if (inside) wrong += 1
      else right += 1
      host.changed()
    })
    const call = (fn: () => void): void => {
      inside = true
      fn()
      inside = false
    }
    call(() => host.port.write('?' as Bytes))
    await device.until(() => device.heard === '?', 'the first byte')
    device.say('x')
    await host.until(() => right > 0, 'a byte')
    for (const fn of [() => host.port.read(5), () => host.port.write('y' as Bytes), () => host.port.credit(), () => host.port.close()]) call(fn)
    expect(wrong).toBe(0)
  })

  it('carries more than every buffer on the way holds, in order, when it is read', async () => {
    const bytes = pattern(100_000)
    const { host, device } = await connected({ creditLimit: bytes.length }, 4_000_000)
    device.say(bytes)
    expect(host.port.write(bytes)).toBe(bytes.length)
    await host.until(() => host.heard.length >= bytes.length, 'all bytes of the device')
    await device.until(() => device.heard.length >= bytes.length, 'all bytes of the program')
    expect(host.heard === bytes).toBe(true)
    expect(device.heard === bytes).toBe(true)
  })

  it('keeps as much unread as its limit says, and counts the times that more was lost', async () => {
    const { host, device } = await line({ receiveLimit: 100 })
    host.port.open(115_200, () => host.changed())
    host.port.write('?' as Bytes)
    await device.until(() => device.heard === '?', 'the first byte')
    device.say(pattern(150))
    await host.until(() => host.port.overruns() > 0, 'an overrun')
    expect(host.port.read(1000)).toBe(pattern(100))
    expect(host.port.read(1000)).toBe('')
    const before = host.port.overruns()
    device.say('after')
    await host.until(() => host.port.read(5) === 'after', 'what came after')
    expect(host.port.overruns()).toBe(before)
  })

  it('with flow control loses nothing that is not read: the device has to wait', async () => {
    const bytes = pattern(60_000)
    const { host, device } = await line({ receiveLimit: 1000, rtscts: true })
    let calls = 0
    host.port.open(115_200, () => {
      calls += 1
      host.changed()
    })
    host.port.write('?' as Bytes)
    await device.until(() => device.heard === '?', 'the first byte')
    device.say(bytes)
    await host.until(() => calls > 0, 'bytes')
    let heard = ''
    while (heard.length < bytes.length) {
      const piece = host.port.read(777)
      heard += piece
      const seen = calls
      if (piece === '') await host.until(() => calls > seen, `more than ${heard.length} bytes`)
    }
    expect(heard === bytes).toBe(true)
    expect(host.port.overruns()).toBe(0)
  })

  it('takes no more than its credit, and gives it back when the device reads', async () => {
    const pty = await openPty()
    ptys.push(pty)
    const host = at(pty.path, { creditLimit: 1000 })
    host.open()
    expect(host.port.credit()).toBe(1000)
    expect(host.port.write(pattern(3000))).toBe(1000)
    expect(host.port.credit()).toBe(0)
    expect(host.port.write('x' as Bytes)).toBe(0)
    const device = new Device(pty)
    await device.until(() => device.heard.length === 1000, 'what was taken')
    expect(device.heard).toBe(pattern(1000))
  })

  it('changes the speed behind what was written before', async () => {
    const { host, device } = await connected({}, 9600)
    const speed = async (): Promise<string> => (await promisify(execFile)('stty', [process.platform === 'darwin' ? '-f' : '-F', device.pty.path, 'speed'])).stdout.trim()
    expect(await speed()).toBe('9600')
    const begun = performance.now()
    host.port.write(pattern(48))
    expect(host.open(57_600)).toBe(0)
    host.port.write('fast' as Bytes)
    await device.until(() => device.heard.length === 52, 'both')
    // 48 bytes at 9600 baud take 50 ms to leave.
    expect(performance.now() - begun).toBeGreaterThan(49)
    expect(device.heard).toBe(pattern(48) + 'fast')
    expect(await speed()).toBe('57600')
    device.say('yes')
    await host.until(() => host.heard === 'yes', 'an answer at the new speed')
  })

  it('sends what it has taken before it closes, and can be opened again', async () => {
    const { host, device } = await connected()
    host.port.write(pattern(500))
    host.port.close()
    expect(host.port.write('x' as Bytes)).toBe(LinkCode.Closed)
    expect(host.port.credit()).toBe(0)
    await device.until(() => device.heard.length >= 500, 'what was taken')
    expect(device.heard).toBe(pattern(500))
    for (const word of ['one', 'two', 'three']) {
      expect(host.open()).toBe(0)
      host.port.write(word as Bytes)
      await device.until(() => device.heard.endsWith(word), word)
      device.say(word)
      await host.until(() => host.heard.endsWith(word), `the answer ${word}`)
      host.port.close()
    }
    expect(errors).toEqual([])
  })

  it('can be opened in the turn in which it was closed, and closed while it opens', async () => {
    const { host, device } = await connected()
    host.port.close()
    expect(host.open()).toBe(0)
    host.port.write('again' as Bytes)
    await device.until(() => device.heard === 'again', 'again')
    host.port.close()
    host.open()
    host.port.close()
    host.open()
    host.port.write('!' as Bytes)
    await device.until(() => device.heard === 'again!', 'the last')
    expect(errors).toEqual([])
  })
})

describe('a device that goes away', () => {
  it('makes write fail and calls onBytes once, also when nobody wrote', async () => {
    const { host, device } = await connected()
    const calls = host.calls
    await device.pty.close()
    await host.until(() => host.calls > calls, 'the call')
    expect(host.port.write('x' as Bytes)).toBe(LinkCode.AtFailed)
    expect(host.port.credit()).toBe(0)
    expect(host.calls).toBe(calls + 1)
    expect(errors.map(error => [error.problem, error.message.startsWith(device.pty.path)])).toEqual([['gone', true]])
  })

  it('does so in the middle of a write', async () => {
    const { host, device } = await connected({ creditLimit: 100_000 }, 4_000_000)
    host.port.write(pattern(100_000))
    const calls = host.calls
    await device.pty.close()
    await host.until(() => host.port.write('' as Bytes) < 0, 'the end')
    expect(host.port.write('x' as Bytes)).toBe(LinkCode.AtFailed)
    expect(host.calls).toBe(calls + 1)
    expect(errors.map(error => error.problem)).toEqual(['gone'])
  })

  it('is noticed in the middle of a stream of bytes', async () => {
    const hosts: Host[] = []
    for (let n = 0; n < 8; n++) {
      const { host, device } = await connected({}, 4_000_000)
      device.say(pattern(200_000))
      await host.until(() => host.heard.length > 20_000 + n * 1000, 'some of it')
      void device.pty.close()
      hosts.push(host)
    }
    for (const host of hosts) await host.until(() => host.port.write('' as Bytes) === LinkCode.AtFailed as number, 'the end')
    expect(errors.map(error => error.problem)).toEqual(hosts.map(() => 'gone'))
  })

  it('lets what came before be read', async () => {
    const { host, device } = await line()
    let calls = 0
    host.port.open(115_200, () => {
      calls += 1
      host.changed()
    })
    host.port.write('?' as Bytes)
    await device.until(() => device.heard === '?', 'the first byte')
    device.say('last words')
    await host.until(() => calls > 0, 'bytes')
    await device.pty.close()
    await host.until(() => host.port.write('' as Bytes) < 0, 'the end')
    const read = host.port.read(100)
    expect(read.length).toBeGreaterThan(0)
    expect('last words'.startsWith(read)).toBe(true)
    expect(host.open()).toBe(LinkCode.AtFailed)
    expect(errors.map(error => error.problem)).toEqual(['gone', 'no-device'])
  })
})

describe('a line that cannot be opened', () => {
  it('says that there is no such device', () => {
    const host = at('/dev/no-such-modem')
    expect(host.open()).toBe(LinkCode.AtFailed)
    expect(errors.map(error => error.message)).toEqual(['/dev/no-such-modem: there is no such device; is it plugged in, and is this its name?'])
    expect(host.port.write('x' as Bytes)).toBeLessThan(0)
  })

  it('says that somebody else has it', async () => {
    const { device } = await connected()
    const other = at(device.pty.path)
    expect(other.open()).toBe(0)
    await other.until(() => other.calls > 0, 'the refusal')
    expect(other.port.write('x' as Bytes)).toBe(LinkCode.AtFailed)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ name: 'SerialError', problem: 'busy' })
  })

  it('says so of what is no terminal', async () => {
    const host = at('/dev/null')
    expect(host.open()).toBe(0)
    await host.until(() => host.calls > 0, 'the refusal')
    expect(errors.map(error => error.problem)).toEqual(['failed'])
  })
})
