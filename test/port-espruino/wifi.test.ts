/** The bearer of hal/espruino: joining, failing in each way that the modules have, and joining again. */
import { describe, expect, it } from 'vitest'
import { LinkCode, type NetworkHal } from '../../hal/hal.js'
import type { WifiModule } from '../../hal/espruino/wifi.js'
import { EspruinoStub } from '../../tools/hal-check/espruino-stub.js'

type Done = (error: string | null) => void

class Radio {
  attempts: { ssid: string; password: string | undefined; done: Done }[] = []
  disconnects = 0
  throws = ''
  private readonly handlers = new Map<string, (details: unknown) => void>()

  connect(ssid: string, options: { password: string | undefined }, done: Done): void {
    if (this.throws !== '') throw new Error(this.throws)
    this.attempts.push({ ssid, password: options.password, done })
  }

  disconnect(): void {
    this.disconnects += 1
  }

  on(event: string, handler: (details: unknown) => void): void {
    this.handlers.set(event, handler)
  }

  fire(event: string, details?: unknown): void {
    this.handlers.get(event)!(details)
  }
}

async function joining(radio = new Radio(), retryPeriod = 20): Promise<{ radio: Radio; network: NetworkHal }> {
  const { wifi } = await new EspruinoStub({ modules: { Wifi: radio } }).boot()
  return { radio, network: wifi({ ssid: 'shed', password: 'secret', retryPeriod }) }
}

describe('Wi-Fi', () => {
  it('is not ready while it joins, without an address neither, and ready with one', async () => {
    const { radio, network } = await joining()
    expect([network.ready(), network.reason()]).toEqual([0, 'joining'])
    expect(radio.attempts).toMatchObject([{ ssid: 'shed', password: 'secret' }])
    radio.fire('associated', {})
    expect([network.ready(), network.reason()]).toEqual([0, 'no ip address'])
    radio.fire('connected', { ip: '10.0.0.7' })
    expect([network.ready(), network.reason()]).toEqual([1, ''])
  })

  it.each([
    ['ESP32, no such network', { reason: '201', msg: 'NO_AP_FOUND' }, 'ssid not found'],
    ['ESP32, wrong password', { reason: '15', msg: '4WAY_HANDSHAKE_TIMEOUT' }, 'wrong password (4way_handshake_timeout)'],
    ['ESP8266, no such network', { reason: 'no_ap_found' }, 'ssid not found'],
    ['ESP8266, wrong password', { reason: 'auth_expire' }, 'wrong password (auth_expire)'],
    ['ESP8266, out of reach', { reason: 'beacon_timeout' }, 'beacon_timeout'],
    ['Espruino WiFi, any loss', undefined, 'disconnected'],
    ['no details', null, 'disconnected']
  ])('says why it is lost: %s', async (_what, details, word) => {
    const { radio, network } = await joining()
    radio.fire('connected')
    radio.fire('disconnected', details)
    expect([network.ready(), network.reason()]).toEqual([LinkCode.TcpFailed, word])
  })

  it.each([
    ['bad_password', 'wrong password (bad_password)'], ['no_ap_found', 'ssid not found'], ['WiFi connect failed: +CWJAP:3', 'ssid not found'],
    ['WiFi connect failed: +CWJAP:2', 'wrong password (wifi connect failed: +cwjap:2)'], ['WiFi connect failed: Timeout', 'wifi connect failed: timeout']
  ])('says why it could not join: %s', async (error, word) => {
    const { radio, network } = await joining()
    radio.attempts[0]!.done(error)
    expect([network.ready(), network.reason()]).toEqual([LinkCode.TcpFailed, word])
  })

  it('tries again after a delay, once for a failure that is told twice', async () => {
    const { radio, network } = await joining(new Radio(), 400)
    const from = performance.now()
    radio.attempts[0]!.done('no_ap_found')
    radio.fire('disconnected', { reason: 'no_ap_found' })
    expect(radio.attempts).toHaveLength(1)
    await expect.poll(() => radio.attempts.length, { interval: 5 }).toBe(2)
    // Twice the delay would be that of a second failure.
    expect(performance.now() - from).toBeLessThan(750)
    expect(network.ready()).toBe(0)
    radio.attempts[1]!.done(null)
    radio.fire('connected')
    expect(network.ready()).toBe(1)
  })

  it('waits longer with each attempt, and begins anew after a success', async () => {
    const { radio } = await joining(new Radio(), 40)
    const times: number[] = []
    for (let i = 0; i < 3; i++) {
      const from = performance.now()
      radio.attempts[i]!.done('no_ap_found')
      await expect.poll(() => radio.attempts.length, { interval: 2 }).toBe(i + 2)
      times.push(performance.now() - from)
    }
    expect(times[0]).toBeGreaterThanOrEqual(38)
    expect(times[1]).toBeGreaterThanOrEqual(78)
    expect(times[2]).toBeGreaterThanOrEqual(158)
    radio.fire('connected')
    const from = performance.now()
    radio.fire('disconnected', { reason: 'beacon_timeout' })
    await expect.poll(() => radio.attempts.length, { interval: 2 }).toBe(5)
    expect(performance.now() - from).toBeLessThan(140)
  })

  it('does not throw what the module throws, and tells it', async () => {
    const radio = new Radio()
    radio.throws = 'No SSID provided'
    const { network } = await joining(radio, 100_000)
    expect([network.ready(), network.reason()]).toEqual([LinkCode.TcpFailed, 'error: no ssid provided'])
  })

  it('restarts: leaves the network and joins it again', async () => {
    const { radio, network } = await joining()
    radio.fire('connected')
    network.restart()
    expect([network.ready(), network.reason(), radio.disconnects]).toEqual([LinkCode.TcpFailed, 'restarting', 1])
    await expect.poll(() => radio.attempts.length).toBe(2)
  })

  it('works with a module that is handed in', async () => {
    const radio = new Radio()
    const { wifi } = await new EspruinoStub({ modules: { Wifi: null } }).boot()
    const network = wifi({ ssid: 'shed', module: radio as unknown as WifiModule })
    radio.fire('connected')
    expect(network.ready()).toBe(1)
  })
})
