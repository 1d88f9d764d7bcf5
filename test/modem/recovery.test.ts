/** The ladder on an emulated modem: the order of the rungs by what passed the line and the pins, and what heals at which rung. */
import { describe, expect, it } from 'vitest'
import { air724, air780 } from '../../hal/at/air7xx.js'
import { esp } from '../../hal/at/esp.js'
import type { Family } from '../../hal/at/family.js'
import { ec2x } from '../../hal/at/quectel.js'
import { sim800 } from '../../hal/at/sim800.js'
import { sim7600 } from '../../hal/at/simcom.js'
import { HOUR, MINUTE, modemRig, SECOND, type Rig, type RigOptions } from './rig.js'

/** The work of the rungs as it shows on the line and at the pins; a bring-up's own commands are none of it. */
const RUNGS: Record<string, [RegExp, string][]> = {
  air: [[/^AT\+CGACT=0,1$/, 'pdp'], [/^AT\+CFUN=0$/, 'radio'], [/^AT\+RESET$/, 'soft']],
  sim7600: [[/^AT\+CGACT=0,1$/, 'pdp'], [/^AT\+CFUN=0$/, 'radio'], [/^AT\+CFUN=1,1$/, 'soft']],
  other: [[/^AT\+CGATT=0$/, 'pdp'], [/^AT\+CFUN=0$/, 'radio'], [/^AT\+CFUN=1,1$/, 'soft']],
  esp: [[/^AT\+CWQAP$/, 'radio'], [/^AT\+RST$/, 'soft']]
}

function rungsOf(family: Family): [RegExp, string][] {
  return RUNGS[family.name.startsWith('air') ? 'air' : family.name === 'sim7600' ? 'sim7600' : family === esp ? 'esp' : 'other']!
}

interface Step { at: number; what: string }

/** Commands and pulses in the order of their times: "pdp", "reset 600". */
function steps(r: Rig, family: Family): Step[] {
  const names = rungsOf(family)
  const all: Step[] = []
  for (const entry of r.modem.transcript) {
    const found = entry.from === 'host' ? names.find(([pattern]) => pattern.test(entry.bytes.slice(0, -2))) : undefined
    if (found !== undefined) all.push({ at: entry.at, what: found[1] })
  }
  const since = new Map<string, number>()
  for (const edge of r.modem.edges) {
    if (edge.active) since.set(edge.name, edge.at)
    else all.push({ at: since.get(edge.name)!, what: `${edge.name} ${edge.at - since.get(edge.name)!}` })
  }
  return all.sort((a, b) => a.at - b.at)
}

function order(r: Rig, family: Family = air780): string[] {
  return steps(r, family).map((step) => step.what)
}

/** What the pins of a family do at the rungs ResetPin and PowerKey, by its own table. */
function pinsOf(family: Family): string[] {
  const { resetMs, resetNeedsKey, keyOnMs, powerCutMs } = family.pulses
  const key = keyOnMs > 0 ? [`powerKey ${keyOnMs}`] : []
  return [`reset ${resetMs}`, ...resetNeedsKey ? key : [], `power ${powerCutMs}`, ...key]
}

/** The module answers nothing until `heals` says so, whatever is done to it. */
function dead(options: RigOptions, heals: (r: Rig) => boolean, ms: number): Rig {
  const r = modemRig(options)
  let isWell = false
  const end = r.sim.now + ms
  r.sim.until(() => {
    isWell = isWell || heals(r)
    if (!isWell) r.modem.hang()
    return r.sim.now >= end
  }, ms + SECOND, 'the end')
  return r
}

const FAMILIES: [string, Family][] = [['air724', air724], ['air780', air780], ['sim800', sim800], ['sim7600', sim7600], ['ec2x', ec2x]]

describe.each(FAMILIES)('%s', (_name, family) => {
  it('[S0-14] a context that never comes up: PDP twice, radio twice, soft reset, RESET pin, power, and then a rest', () => {
    const r = modemRig({ family, modem: { radio: { apnAccepted: false } } })
    r.until(() => r.inside.ladder_.restMs_ > 0, 2 * HOUR, 'the rest')
    expect(order(r, family)).toEqual(['pdp', 'pdp', 'radio', 'radio', 'soft', ...pinsOf(family)])
  })

  it('[S0-14] a registration that never comes: radio twice, then the resets', () => {
    const r = modemRig({ family, modem: { radio: { registration: 2 } } })
    r.until(() => r.inside.ladder_.restMs_ > 0, 2 * HOUR, 'the rest')
    expect(order(r, family)).toEqual(['radio', 'radio', 'soft', ...pinsOf(family)])
  })

  it('[S0-14] a module that hangs: the RESET pin at once, and it is back', () => {
    const r = modemRig({ family })
    r.ready()
    r.modem.hang()
    r.run(2 * MINUTE)
    r.until(() => r.pulses().length > 0, 10 * MINUTE, 'a pulse')
    r.ready(3 * MINUTE)
    expect(order(r, family)).toEqual(pinsOf(family).slice(0, family.pulses.resetNeedsKey ? 2 : 1))
    expect(r.inside.ladder_.climbs_).toEqual([0, 0, 0, 0, 0, 1, 0])
    expect(r.inside.ladder_.isLastOk_).toBe(true)
  })

  it('[S0-14] a module that no reset wakes: its supply is cut, and it is back', () => {
    const r = dead({ family }, (one) => one.modem.edges.some((edge) => edge.name === 'power'), 10 * MINUTE)
    expect(order(r, family)).toEqual(pinsOf(family))
    expect(r.hal.network!.ready()).toBe(1)
  })

  it('[S0-14] a module whose supply has no switch: its power key, held for as long as switches off, then on', () => {
    const r = dead({ family, pins: ['reset', 'powerKey'] }, (one) => one.modem.edges.filter((edge) => edge.name === 'powerKey').length > (family.pulses.resetNeedsKey ? 2 : 0), 10 * MINUTE)
    const { keyOffMs, keyOnMs } = family.pulses
    expect(order(r, family).slice(-2)).toEqual([`powerKey ${keyOffMs}`, `powerKey ${keyOnMs}`])
    expect(r.hal.network!.ready()).toBe(1)
  })
})

it.each(FAMILIES)('[S0-14] a module that says goodbye when its key switches it off is switched on again, %s', (_name, family) => {
  const r = modemRig({ family, pins: ['powerKey'] })
  r.ready()
  r.hal.modem!.climb(6)
  r.until(() => r.bytesIn().includes('POWER'), MINUTE, 'the goodbye')
  r.ready(3 * MINUTE)
  expect(order(r, family)).toEqual([`powerKey ${family.pulses.keyOffMs}`, `powerKey ${family.pulses.keyOnMs}`])
  expect([r.modem.life, r.inside.reboots_]).toEqual([2, 0])
})

describe('[S0-14] rungs by what the board has', () => {
  const orderWith = (pins: string[]): string[] => {
    const r = modemRig({ pins, modem: { radio: { registration: 2 } } })
    r.until(() => r.inside.ladder_.restMs_ > 0, 2 * HOUR, 'the rest')
    return order(r)
  }

  it('[S0-14] a pin that is not wired is passed over', () => {
    expect(orderWith([])).toEqual(['radio', 'radio', 'soft'])
    expect(orderWith(['power'])).toEqual(['radio', 'radio', 'soft', 'power 2000'])
    expect(orderWith(['reset'])).toEqual(['radio', 'radio', 'soft', 'reset 600'])
    expect(orderWith(['powerKey'])).toEqual(['radio', 'radio', 'soft', 'powerKey 2000', 'powerKey 2000'])
  })

  it('[S0-14] a modem without pins that hangs is asked by command, and left alone', () => {
    const r = modemRig({ pins: [] })
    r.ready()
    r.modem.hang()
    r.run(30 * MINUTE)
    expect(order(r)).toContain('soft')
    expect(r.modem.edges).toEqual([])
  })

  it('[S0-14] ESP-AT: Wi-Fi off and on, AT+RST, EN, the supply; there is no PDP and no key', () => {
    const r = modemRig({ family: esp, modem: { radio: { wifi: 'no-ap' } } })
    r.until(() => r.inside.ladder_.restMs_ > 0, 2 * HOUR, 'the rest')
    expect(order(r, esp)).toEqual(['radio', 'radio', 'soft', 'reset 100', 'power 2000'])
  })

  it('[S0-14] pulses are as wide as the board says', () => {
    const pulses = { ...air780.pulses, resetMs: 777, keyOnMs: 1234, powerCutMs: 4321 }
    const r = modemRig({ at: { pulses }, modem: { radio: { registration: 2 } } })
    r.until(() => r.inside.ladder_.restMs_ > 0, 2 * HOUR, 'the rest')
    expect(order(r)).toEqual(['radio', 'radio', 'soft', 'reset 777', 'powerKey 1234', 'power 4321', 'powerKey 1234'])
  })
})

describe('[S0-14] what heals at a rung stays there', () => {
  /** The trouble ends with the command: nothing stronger follows. */
  it.each([['pdp', 'AT+CGACT=0,1', ['pdp']], ['radio', 'AT+CFUN=0', ['pdp', 'pdp', 'radio']], ['soft', 'AT+RESET', ['pdp', 'pdp', 'radio', 'radio', 'soft']]] as const)('[S0-14] at %s', (_what, command, expected) => {
    const r = modemRig({ modem: { radio: { apnAccepted: false } } })
    const c = r.client()
    c.client.connect()
    r.until(() => r.sent().includes(command), HOUR, command)
    r.modem.radio.apnAccepted = true
    r.until(() => c.got.state === 'up', 10 * MINUTE, 'the link')
    r.run(HOUR)
    expect(c.got.state).toBe('up')
    expect(order(r)).toEqual(expected)
  })

  it.each([['the RESET pin', 'reset', 5], ['the power cut', 'power', 6]] as const)('[S0-14] at %s', (_what, pin, rung) => {
    const r = modemRig({ modem: { radio: { apnAccepted: false } } })
    const c = r.client()
    c.client.connect()
    r.until(() => r.modem.edges.some((edge) => edge.name === pin), 2 * HOUR, pin)
    r.modem.radio.apnAccepted = true
    r.until(() => c.got.state === 'up', 10 * MINUTE, 'the link')
    expect(r.inside.ladder_.last_).toBe(rung)
    r.run(HOUR)
    expect(c.got.state).toBe('up')
    expect(r.inside.ladder_.climbs_[rung]).toBe(1)
  })

  it('[S0-14] at the socket layer: contexts that are lost now and then cost no more', () => {
    const r = modemRig()
    const c = r.client()
    c.up()
    for (let i = 0; i < 10; i++) {
      r.modem.losePdp()
      r.run(20 * MINUTE)
      expect(c.got.state).toBe('up')
    }
    expect(order(r)).toEqual([])
    expect(r.inside.ladder_.climbs_).toEqual([0, 10, 0, 0, 0, 0, 0])
    r.broker.check()
  })
})

it('[S0-14] ten minutes of link make all rungs new, less does not', () => {
  const climbs = (upMs: number): string[] => {
    const r = modemRig({ modem: { radio: { apnAccepted: false } } })
    const c = r.client()
    c.client.connect()
    r.until(() => r.sent().includes('AT+RESET'), HOUR, 'the soft reset')
    r.modem.radio.apnAccepted = true
    r.until(() => c.got.state === 'up', 10 * MINUTE, 'the link')
    r.run(upMs)
    const before = order(r).length
    r.modem.radio.apnAccepted = false
    r.modem.losePdp()
    r.until(() => r.inside.ladder_.restMs_ > 0, 2 * HOUR, 'the rest')
    return order(r).slice(before)
  }
  const all = ['pdp', 'pdp', 'radio', 'radio', 'soft', 'reset 600', 'powerKey 2000', 'power 2000', 'powerKey 2000']
  expect(climbs(11 * MINUTE)).toEqual(all)
  expect(climbs(5 * MINUTE)).not.toContain('soft')
})

describe('[S0-14] a modem that nothing wakes', () => {
  it('[S0-14] is left alone for 1, 2, 4 ... 60 minutes, with one try of the strongest rung between', () => {
    const r = dead({}, () => false, 5 * HOUR)
    expect(r.hal.network!.reason()).toBe('modem-dead')
    const cuts = steps(r, air780).filter((step) => step.what === 'power 2000').map((step) => step.at)
    const gaps = cuts.slice(1).map((at, i) => at - cuts[i]!)
    // The rest, and the time that a try takes: a pulse, a boot, and calls without an answer.
    const spent = gaps[0]! - MINUTE
    expect(spent).toBeLessThan(2 * MINUTE)
    gaps.forEach((gap, i) => expect(Math.abs(gap - spent - Math.min(HOUR, MINUTE * 2 ** i)), `gap ${i}`).toBeLessThan(2 * SECOND))
    expect(gaps.length).toBeGreaterThan(8)
    // Every one of them is a reset that the ladder counts, and nothing else is done to it.
    expect(order(r).slice(0, 4)).toEqual(['reset 600', 'powerKey 2000', 'power 2000', 'powerKey 2000'])
    expect(new Set(order(r).slice(4))).toEqual(new Set(['power 2000', 'powerKey 2000']))
  })

  it('[S0-14] comes back after hours when it does, and the client with it', () => {
    const r = modemRig()
    const c = r.client()
    c.up()
    let isWell = false
    const end = r.sim.now + 3 * HOUR
    r.modem.hang()
    r.sim.until(() => {
      if (r.sim.now < end) r.modem.hang()
      else if (!isWell) {
        isWell = true
        r.modem.powerOff()
      }
      return r.sim.now > end + HOUR + 10 * MINUTE
    }, 5 * HOUR, 'the end')
    expect(c.got.state).toBe('up')
    r.broker.check()
  })
})

describe('[S0-14] the record over a restart of the device', () => {
  it('[S0-14] tells afterwards what was climbed, why, and how it ended', () => {
    const r = modemRig()
    const stored = modemRig({ stores: true })
    for (const one of [r, stored]) {
      one.ready()
      one.modem.hang()
      one.until(() => one.pulses().length > 1, 10 * MINUTE, 'the reset')
      one.ready(5 * MINUTE)
      one.run(SECOND)
      one.restartDevice()
    }
    expect(r.inside.ladder_.climbs_).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(stored.inside.ladder_).toMatchObject({ climbs_: [0, 0, 0, 0, 0, 1, 0], last_: 5, lastWhy_: 11, isLastOk_: true })
    // Counted for whoever asks, not against the next recovery.
    expect(stored.inside.ladder_.used_).toEqual([0, 0, 0, 0, 0, 0, 0])
    stored.ready()
  })

  it('[S0-14] a device that restarts in the middle of a reset knows of it', () => {
    const r = modemRig({ stores: true })
    r.ready()
    r.modem.hang()
    r.until(() => r.modem.edges.length > 0, 10 * MINUTE, 'the reset')
    r.run(10)
    r.restartDevice()
    expect(r.inside.ladder_).toMatchObject({ climbs_: [0, 0, 0, 0, 0, 1, 0], last_: 5, isLastOk_: false })
    r.ready(10 * MINUTE)
  })
})
