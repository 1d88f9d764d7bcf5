/** A subscriber whom the network refuses: no reset helps, so none is tried; and when the bill is paid, the modem finds it by itself. */
import { describe, expect, it } from 'vitest'
import { air724, air780 } from '../../hal/at/air7xx.js'
import type { Family } from '../../hal/at/family.js'
import { bg9x, ec2x } from '../../hal/at/quectel.js'
import { a7670, sim7600 } from '../../hal/at/simcom.js'
import type { Radio } from '../../hal/sim/modem/index.js'
import { HOUR, MINUTE, modemRig, SECOND, type Rig } from './rig.js'

/** All of a table are alike: six hours for one of each, one for the others. */
const LTE = [[air724, 1], [air780, 6], [sim7600, 6], [a7670, 1], [ec2x, 6], [bg9x, 1]].map(([family, hours]) => [(family as Family).name, family as Family, hours as number] as const)

/** Commands that make a module begin anew. */
function resets(r: Rig): string[] {
  return r.sent().filter((line) => line === 'AT+RESET' || line === 'AT+CFUN=1,1' || line === 'AT+RST')
}

const REFUSED: [string, Partial<Radio>][] = [
  ['in arrears: 2G registers, LTE is denied', { arrears: true, act: 0 }],
  ...[3, 7, 8].map((rejectCause): [string, Partial<Radio>] => [`refused with cause ${rejectCause}`, { registration: 3, rejectCause }])
]

describe.each(LTE)('%s', (_name, family, hours) => {
  it(`[S0-02.2] in arrears says sim-restricted, and in ${hours} hours never resets the modem nor moves a pin`, () => {
    const r = modemRig({ family, modem: { radio: { arrears: true, act: 0 } } })
    const c = r.client()
    c.client.connect()
    r.run(10 * SECOND)
    expect(r.hal.network!.ready()).toBe(0)
    r.until(() => r.hal.network!.reason() === 'sim-restricted', 30 * SECOND, 'the reason')
    r.run(hours * HOUR)
    expect(r.hal.network!.reason()).toBe('sim-restricted')
    expect([c.client.explain().code, c.client.explain().detail]).toEqual([-132, 'sim-restricted'])
    expect(resets(r)).toEqual([])
    expect(r.modem.edges).toEqual([])
    expect(r.modem.life).toBe(0)
    // The recovery stops below the resets, and leaves the modem alone for longer and longer.
    expect(r.inside.ladder_.climbs_.slice(4)).toEqual([0, 0, 0])
    expect(r.inside.ladder_.nextRestMs_).toBeGreaterThan(hours > 1 ? HOUR - 1 : 10 * MINUTE)
    // Paid.
    r.modem.changeRadio({ arrears: false, act: 7 })
    r.ready(HOUR + MINUTE)
    r.until(() => c.got.state === 'up', 5 * MINUTE, 'the link')
    expect(r.modem.edges).toEqual([])
  })
})

describe.each(REFUSED)('%s', (_what, radio) => {
  it.each([['air780', air780], ['ec2x', ec2x]] as const)('[S0-02.2] the subscriber is told so from the first minute on, and nothing is reset in half an hour, %s', (_name, family) => {
    const r = modemRig({ family, modem: { radio } })
    for (let i = 0; i < 30; i++) {
      r.run(MINUTE)
      expect([r.hal.network!.ready(), r.hal.network!.reason()]).toEqual([0, 'sim-restricted'])
    }
    expect([resets(r), r.modem.edges]).toEqual([[], []])
  })
})

it('[S0-02.2] congestion is not the subscriber\'s fault: the recovery may go on to the pins', () => {
  const r = modemRig({ modem: { radio: { registration: 3, rejectCause: 22 } } })
  r.run(HOUR)
  expect(r.hal.network!.reason()).toBe('congestion')
  expect(r.pulses()).toContain('reset 600')
})

it('[S0-02.2] a modem in arrears that hangs is reset all the same', () => {
  const r = modemRig({ modem: { radio: { arrears: true, act: 0 } } })
  r.run(10 * MINUTE)
  r.modem.hang()
  r.run(2 * HOUR)
  expect(r.pulses().slice(0, 2)).toEqual(['reset 600', 'powerKey 2000'])
  expect(r.hal.network!.reason()).toBe('sim-restricted')
})
