/** From the first answer to the bearer, one stage after the other: where it stops, it says why, and no later stage is tried. */
import { describe, expect, it } from 'vitest'
import { air780 } from '../../hal/at/air7xx.js'
import { esp } from '../../hal/at/esp.js'
import type { Family } from '../../hal/at/family.js'
import { ec2x } from '../../hal/at/quectel.js'
import { sim800 } from '../../hal/at/sim800.js'
import type { CommandTable, Radio } from '../../hal/sim/modem/index.js'
import { MINUTE, modemRig, SECOND, SERVER, type Rig } from './rig.js'

/** The stages by their commands, in order; a stage is over when its last command has said so. */
const STAGES: Record<string, string[][]> = {
  air780: [['AT+CPIN?'], ['AT+CSQ', 'AT+COPS?', 'AT+CEREG?'], ['AT+CGATT?'], ['AT+CIPSTATUS', 'AT+CIPSHUT', 'AT+CIPMUX=1', 'AT+CIPRXGET=1', 'AT+CSTT="internet","",""', 'AT+CIICR', 'AT+CIFSR'], ['AT+CDNSGIP="broker"'], ['AT+CIPSTART']],
  sim800: [['AT+CPIN?'], ['AT+CSQ', 'AT+COPS?', 'AT+CGREG?'], ['AT+CGATT?'], ['AT+CIPSTATUS', 'AT+CIPSHUT', 'AT+CIPMUX=1', 'AT+CIPRXGET=1', 'AT+CSTT="internet","",""', 'AT+CIICR', 'AT+CIFSR'], ['AT+CDNSGIP="broker"'], ['AT+CIPSTART']],
  ec2x: [['AT+CPIN?'], ['AT+CSQ', 'AT+COPS?', 'AT+CEREG?', 'AT+CGREG?'], ['AT+CGATT?'], ['AT+QIACT?', 'AT+QICSGP=1,1,"internet","","",1', 'AT+QIACT=1'], ['AT+QIOPEN']]
}

/** What the emulator is, the stage that fails, and the word for it. */
const FAILURES: [string, Partial<Radio>, number, string][] = [
  ['no SIM', { sim: 'missing' }, 0, 'sim-missing'],
  ['a SIM that asks for its PIN', { sim: 'pin' }, 0, 'sim-locked'],
  ['a SIM that asks for its PUK', { sim: 'puk' }, 0, 'sim-locked'],
  ['a SIM that is busy for ever', { sim: 'busy' }, 0, 'sim-busy'],
  ['a broken SIM', { sim: 'failure' }, 0, 'sim-failure'],
  ['no signal', { csq: 99, registration: 0 }, 1, 'no-signal'],
  ['a search that finds nothing', { registration: 2 }, 1, 'not-registered'],
  ['no search at all', { registration: 0 }, 1, 'not-registered'],
  ['no coverage', { registration: 4 }, 1, 'not-registered'],
  ['no attach', { attached: false }, 2, 'not-attached'],
  ['a refused APN', { apnAccepted: false }, 3, 'no-context']
]

/** A network that lets nobody attach, however often it is asked. */
const REFUSES_ATTACH: CommandTable = [{ name: '+CGATT', run: (_modem, call) => {
  if (call.form === 'get') {
    call.info('+CGATT: 0')
    call.ok()
  } else call.cme(148)
} }]

function rigOf(family: Family, radio: Partial<Radio>, tables: CommandTable[] = []): Rig {
  const r = modemRig({ family, modem: { radio, tables } })
  r.hal.socket.open(SERVER)
  return r
}

/** The commands of the stages behind `stage` that were sent. */
function later(r: Rig, family: Family, stage: number): string[] {
  const commands = STAGES[family.name]!.slice(stage + 1).flat()
  return r.sent().filter((line) => commands.some((command) => line.startsWith(command)))
}

describe.each([air780, ec2x, sim800].map((family) => [family.name, family] as const))('%s', (name, family) => {
  it('[S0-02.1] takes the stages in order: SIM, signal, registration, attach, context, name, link', () => {
    const r = rigOf(family, {})
    r.until(() => r.sent().some((line) => line.startsWith(STAGES[name]!.at(-1)![0]!)), 20 * SECOND, 'the link')
    const stages = STAGES[name]!.map((commands) => commands.map((command) => r.sent().findIndex((line) => line.startsWith(command))).filter((at) => at >= 0))
    expect(stages.every((places) => places.length > 0)).toBe(true)
    expect(stages.flat()).toEqual(stages.flat().sort((a, b) => a - b))
    expect(r.hal.network!.ready()).toBe(1)
    expect(r.hal.network!.reason()).toBe('')
  })

  it.each(FAILURES)('[S0-02.1] stops at %s, says so, and tries nothing that comes later', (_what, radio, stage, word) => {
    const r = rigOf(family, radio, radio.attached === false ? [REFUSES_ATTACH] : [])
    r.run(14 * SECOND)
    expect([r.hal.network!.ready(), r.hal.network!.reason()]).toEqual([0, word])
    expect(r.sent().at(-1)).toSatisfy((line: string) => STAGES[name]![stage]!.includes(line))
    expect(later(r, family, stage)).toEqual([])
    expect(r.pulses()).toEqual([])
    // The recovery is at work meanwhile: its commands are no later stage either.
    r.run(8 * MINUTE)
    expect(r.hal.network!.ready()).toBe(0)
    expect(later(r, family, stage).filter((line) => line !== 'AT+CIPSHUT')).toEqual([])
  })

  it('[S0-02.1] waits for a SIM that is busy for 5 s: no rung, no reset', () => {
    const r = rigOf(family, { sim: 'busy' })
    r.run(3 * SECOND)
    expect(r.hal.network!.reason()).toBe('sim-busy')
    r.run(2 * SECOND)
    r.modem.changeRadio({ sim: 'ready' })
    r.ready(10 * SECOND)
    expect(r.sent().filter((line) => line.startsWith('AT+CFUN'))).toEqual([])
    expect(r.inside.ladder_.climbs_).toEqual([0, 0, 0, 0, 0, 0, 0])
  })
})

describe('a refused registration', () => {
  it.each([2, 3, 6, 7, 8, 11, 12, 13, 14, 15])('[S0-02.1] with cause %i is the subscriber\'s: sim-restricted', (rejectCause) => {
    const r = rigOf(air780, { registration: 3, rejectCause })
    r.run(10 * SECOND)
    expect([r.hal.network!.ready(), r.hal.network!.reason()]).toEqual([0, 'sim-restricted'])
    expect(later(r, air780, 1)).toEqual([])
  })

  it.each([17, 22])('[S0-02.1] with cause %i is congestion, which passes', (rejectCause) => {
    const r = rigOf(air780, { registration: 3, rejectCause })
    r.run(10 * SECOND)
    expect([r.hal.network!.ready(), r.hal.network!.reason()]).toEqual([0, 'congestion'])
    expect(later(r, air780, 1)).toEqual([])
    r.modem.changeRadio({ registration: 1, rejectCause: 0 })
    r.ready(5 * SECOND)
    expect(r.inside.ladder_.climbs_).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  it.each([[0, 'no cause'], [25, 'a cause of no meaning to us']])('[S0-02.1] with cause %i (%s) is told as it is', (rejectCause) => {
    const r = rigOf(air780, { registration: 3, rejectCause })
    r.run(10 * SECOND)
    expect([r.hal.network!.ready(), r.hal.network!.reason()]).toEqual([0, 'registration-denied'])
    expect(later(r, air780, 1)).toEqual([])
  })
})

it('[S0-02.1] the reason follows what the modem sees now', () => {
  const r = rigOf(air780, { sim: 'missing' })
  const reason = (patch: Partial<Radio>): string => {
    r.modem.changeRadio(patch)
    r.run(4 * SECOND)
    return r.hal.network!.reason()
  }
  expect(reason({})).toBe('sim-missing')
  expect(reason({ sim: 'pin' })).toBe('sim-locked')
  expect(reason({ sim: 'ready', csq: 99, registration: 0 })).toBe('no-signal')
  expect(reason({ csq: 15, registration: 2 })).toBe('not-registered')
  expect(reason({ registration: 3, rejectCause: 17 })).toBe('congestion')
  expect(reason({ registration: 2 })).toBe('not-registered')
  expect(reason({ registration: 1, attached: false })).toBe('not-attached')
  expect(reason({ attached: true })).toBe('')
})

it('[S0-02.1] a module that never answers is modem-silent, and one whose set-up fails is modem-setup', () => {
  const silent = modemRig({ pins: [] })
  silent.modem.hang()
  silent.run(10 * SECOND)
  expect([silent.hal.network!.ready(), silent.hal.network!.reason(), new Set(silent.sent())]).toEqual([0, 'modem-silent', new Set(['AT'])])
  const odd = rigOf(air780, {}, [[{ name: '+CMEE', run: (_modem, call) => call.error() }]])
  odd.run(10 * SECOND)
  expect([odd.hal.network!.ready(), odd.hal.network!.reason()]).toEqual([0, 'modem-setup'])
  expect(odd.sent().filter((line) => line === 'AT+CPIN?')).toEqual([])
})

describe('Wi-Fi', () => {
  it.each([['wrong-password', 'wifi-password'], ['no-ap', 'wifi-not-found'], ['timeout', 'wifi-timeout']] as const)('[S0-02.1] %s: %s, and no address is asked for', (wifi, word) => {
    const r = rigOf(esp, { wifi })
    r.run(25 * SECOND)
    expect([r.hal.network!.ready(), r.hal.network!.reason()]).toEqual([0, word])
    expect(r.sent().filter((line) => line === 'AT+CIFSR' || line.startsWith('AT+CIPSTART'))).toEqual([])
    r.modem.changeRadio({ wifi: 'ok' })
    r.ready()
  })
})

it('[S0-02.1] the APN is as the program has it, or the network\'s own', () => {
  const user = modemRig({ at: { apn: 'private.iot', user: 'u', password: 'p' } })
  user.ready()
  expect(user.sent()).toContain('AT+CSTT="private.iot","u","p"')
  const none = modemRig({ at: { apn: undefined as unknown as string } })
  none.ready()
  expect(none.sent()).toContain('AT+CSTT')
})
