/** The signal, while there is a link and after it went: what tells a weak place from a server's fault. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { air780 } from '../../hal/at/air7xx.js'
import { esp } from '../../hal/at/esp.js'
import { ec2x } from '../../hal/at/quectel.js'
import { CORES, HOUR, MINUTE, modemRig, SECOND } from './rig.js'

/** CSQ and its dBm: -113 and 2 for each step; 99 is unknown, which is told as 0. */
const CSQ: [number, number][] = [[0, -113], [1, -111], [8, -97], [15, -83], [31, -51], [99, 0]]

describe('[S0-03.4] the signal', () => {
  it.each(CSQ)('[S0-03.4] is read from AT+CSQ: %i is %i dBm', (csq, dbm) => {
    const r = modemRig()
    const c = r.client()
    c.up()
    r.modem.radio.csq = csq
    r.run(2 * MINUTE)
    expect(r.hal.modem!.signal()).toBe(dbm)
  })

  it('[S0-03.4] is read where a stray line comes between the answer and its OK', () => {
    const r = modemRig({ modem: { faults: { unsolicited: 1, unsolicitedLines: ['+NITZ: 25/01/02,03:04:05+32', '^MODE: 17,17'] } } })
    r.ready()
    r.modem.radio.csq = 11
    r.run(2 * MINUTE)
    expect(r.hal.modem!.signal()).toBe(-91)
  })

  it('[S0-03.4] of Wi-Fi is the access point\'s', () => {
    const r = modemRig({ family: esp })
    const c = r.client()
    c.up()
    r.modem.radio.rssi = -81
    r.run(2 * MINUTE)
    expect(r.hal.modem!.signal()).toBe(-81)
  })

  it('[S0-03.4] is asked for once a minute, or as the program wants it', () => {
    const asked = (signalEvery: number): number => {
      const r = modemRig({ at: { signalEvery } })
      r.ready()
      r.forget()
      r.run(HOUR)
      return r.sent().filter((line) => line === 'AT+CSQ').length
    }
    expect([asked(60000), asked(600000), asked(0)]).toEqual([60, 6, 0])
  })
})

describe.each(['full', 'standard'] as (keyof typeof CORES)[])('a client of %s', (core) => {
  it.each([['air780', air780], ['ec2x', ec2x]] as const)('[S0-03.4] tells with the cause of a drop what the signal was before it, %s', (_name, family) => {
    const r = modemRig({ family, at: { signalEvery: 20000 } })
    const c = r.client({ keepalive: 30 }, core)
    c.up()
    for (const csq of [20, 15, 8, 3]) {
      r.modem.radio.csq = csq
      r.run(MINUTE)
    }
    r.broker.kick('a', 'fin')
    r.run(SECOND)
    const { code, signals } = c.client.explain()
    expect(code).toBe(ErrorCode.ClosedByServer)
    expect(signals).toEqual([-107, -97, -83])
  })

  it('[S0-03.4] explains a drop in a place that the signal does not reach', () => {
    const r = modemRig({ at: { signalEvery: 20000 } })
    const c = r.client({ keepalive: 30 }, core)
    c.up()
    r.run(MINUTE)
    r.modem.radio.csq = 2
    r.run(2 * MINUTE)
    r.modem.changeRadio({ csq: 99, registration: 2 })
    r.modem.losePdp()
    r.run(5 * SECOND)
    const cause = c.client.explain()
    expect([cause.code, cause.detail, cause.signals]).toEqual([ErrorCode.NetworkDown, expect.stringMatching(/bearer-lost|no-signal/), [-109, -109, -67]])
  })
})
