/** The other parts of hal/espruino in the stand-in: time, the device, storage, hashes. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode, type Bytes } from '../../hal/hal.js'
import { EspruinoStub } from '../../tools/hal-check/espruino-stub.js'

const bytes = (text: string): Bytes => text as Bytes

describe('the clock', () => {
  it.each([40, -40, 1_700_000_000])('runs on when the program sets the time %d s on', async (seconds) => {
    const { espruino, global } = await new EspruinoStub().boot()
    const { timer, system } = espruino()
    const before = timer.ticks()
    const clock = system.wallClock()
    ;(global.setTime as (seconds: number) => void)(Date.now() / 1000 + seconds)
    expect(timer.since(before)).toBeLessThan(1000)
    expect(timer.since(before)).toBeGreaterThanOrEqual(0)
    expect(timer.since(timer.ticks())).toBeLessThan(1000)
    if (seconds < 1000) expect(Math.abs(system.wallClock() - clock - seconds)).toBeLessThanOrEqual(1)
  })

  it('runs on where the interpreter does not let the time be set', async () => {
    const { espruino, global } = await new EspruinoStub({ globals: { setTime: () => {} } }).boot()
    const { timer } = espruino()
    const before = timer.ticks()
    ;(global.setTime as (seconds: number) => void)(1000)
    expect(Math.abs(timer.since(before))).toBeLessThan(500)
  })

  it('has no wall clock before somebody set one', async () => {
    const { espruino, global } = await new EspruinoStub().boot()
    ;(global.setTime as (seconds: number) => void)(120)
    expect(espruino().system.wallClock()).toBe(0)
  })
})

async function reasonWith(globals: Record<string, unknown>): Promise<string> {
  const { espruino, device } = await new EspruinoStub({ globals }).boot()
  const hal = espruino()
  device(hal, {})
  return hal.system.resetReason()
}

describe('the device', () => {
  it('has the serial number as its id, without what is no letter or digit', async () => {
    const { espruino } = await new EspruinoStub().boot()
    expect(espruino().system.id()).toBe('a1b2c3d4e5f6')
  })

  it('has a watchdog and an id of the program where it asks for them, and none otherwise', async () => {
    const stub = new EspruinoStub()
    const { espruino, device } = await stub.boot()
    espruino().system.feedWatchdog()
    expect(stub.calls).toEqual([])
    const hal = espruino()
    device(hal, { id: 'shed7', watchdog: 60 })
    const { system } = hal
    system.feedWatchdog()
    system.restart('test')
    expect(system.id()).toBe('shed7')
    expect(stub.calls).toEqual(['enableWatchdog 60 false', 'kickWatchdog', 'reboot'])
  })

  it.each([
    ['power on', 'power-on'], ['wdt reset', 'watchdog'], ['soft wdt', 'watchdog'], ['restart', 'software'], ['deep sleep', 'deep-sleep'], ['exception', 'unknown'], ['reset pin', 'unknown']
  ])('says of an ESP8266 that started after "%s": %s', async (reason, word) => {
    expect(await reasonWith({ ESP8266: { getResetInfo: () => ({ reason }) } })).toBe(word)
  })

  it('knows of an ESP32 only whether it woke from deep sleep, and of other boards nothing', async () => {
    expect(await reasonWith({ ESP32: { getWakeupCause: () => 4 } })).toBe('deep-sleep')
    expect(await reasonWith({ ESP32: { getWakeupCause: () => 0 } })).toBe('unknown')
    expect(await reasonWith({ ESP32: {} })).toBe('unknown')
    expect(await reasonWith({})).toBe('unknown')
  })

  it('survives what a callback throws', async () => {
    const { espruino } = await new EspruinoStub().boot()
    expect(espruino().system.guard(() => { throw new Error('of the program') }, 1, 2, 3)).toBe(ErrorCode.CallbackThrew)
  })
})

describe('storage', () => {
  it('keeps to its own names, and refuses a key that the interpreter would cut', async () => {
    const stub = new EspruinoStub()
    const { storage } = await stub.boot()
    const values = storage({ prefix: 'q.' })
    expect(values.set('a'.repeat(26), bytes('1'))).toBe(0)
    expect(values.set('a'.repeat(27), bytes('2'))).toBe(LinkCode.StorageFailed)
    expect([values.get('a'.repeat(26)), values.get('a'.repeat(27))]).toEqual(['1', ''])
    expect([...stub.storage.files.keys()]).toEqual(['q.' + 'a'.repeat(26)])
    expect(storage({ nameLimit: 8 }).set('journal', bytes('1'))).toBe(LinkCode.StorageFailed)
  })

  it('refuses what is too large, and says when the flash is full; the old value stays', async () => {
    const { storage } = await new EspruinoStub({ flashBytes: 500 }).boot()
    const values = storage({ sizeLimit: 1000 })
    expect(values.set('k', bytes('old'))).toBe(0)
    expect(values.set('k', bytes('x'.repeat(1001)))).toBe(ErrorCode.MessageTooLarge)
    expect(values.set('k', bytes('x'.repeat(600)))).toBe(LinkCode.StorageFailed)
    expect(values.get('k')).toBe('old')
  })

  it('has no value where an empty one was set, since there are no empty files', async () => {
    const stub = new EspruinoStub()
    const { storage } = await stub.boot()
    const values = storage()
    values.set('k', bytes('x'))
    expect([values.set('k', bytes('')), values.get('k'), stub.storage.files.size]).toEqual([0, '', 0])
  })
})

describe('hashes', () => {
  it('are absent on a board without them', async () => {
    const { espruino, crypto } = await new EspruinoStub({ modules: { crypto: null } }).boot()
    expect(espruino({ crypto: crypto() }).crypto).toBeUndefined()
  })

  it('are those that the board has, by HMAC too', async () => {
    const { crypto } = await new EspruinoStub({ modules: { crypto: { SHA1: () => new Uint8Array([1, 2, 3]).buffer } } }).boot()
    const hashes = crypto()!
    expect([hashes.hash('sha1', bytes('x')), hashes.hash('sha256', bytes('x')), hashes.hmac('sha256', bytes('k'), bytes('x'))]).toEqual(['\x01\x02\x03', '', ''])
  })

  it('agree with RFC 4231, test case 3, for blocks of 64 and of 128 bytes', async () => {
    const { crypto } = await new EspruinoStub().boot()
    const hmac = (name: string): string => Buffer.from(crypto()!.hmac(name, bytes('\xaa'.repeat(20)), bytes('\xdd'.repeat(50))), 'latin1').toString('hex')
    expect(hmac('sha256')).toBe('773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe')
    expect(hmac('sha512').slice(0, 32)).toBe('fa73b0089d56a284efb0f0756c890be9')
  })
})
