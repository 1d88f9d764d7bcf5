/** What the laboratory (`npx yieldmq sim --modem`) found in hal/at, each as the shortest story that shows it. */
import { describe, expect, it } from 'vitest'
import { air780 } from '../../hal/at/air7xx.js'
import { esp } from '../../hal/at/esp.js'
import type { Modem } from '../../hal/sim/modem/index.js'
import { FAMILIES, MINUTE, modemRig, SECOND } from './rig.js'

describe.each(FAMILIES.map((family) => ({ family, name: family.name })))('$name', ({ family }) => {
  it('a link left open by an earlier life of the device is closed, and its number used again', { timeout: 60_000 }, () => {
    const r = modemRig({ family })
    r.client().up()
    r.restartDevice()
    r.client().up()
    expect(r.modem.modem.links.filter((link) => link.state === 'open')).toHaveLength(1)
  })

  it('a lost context that nobody was told of is found when a link fails at once', { timeout: 60_000 }, () => {
    const r = modemRig({ family })
    const c = r.client({ keepalive: 10 })
    c.up()
    r.run(5 * SECOND)
    r.modem.faults.loseOut = 1
    r.modem.losePdp()
    r.modem.faults.loseOut = 0
    r.until(() => c.got.state !== 'up', MINUTE, 'the link to fail')
    r.until(() => c.got.state === 'up', 3 * MINUTE, 'the link to be up again')
  })

  it('a context that is lost during the bring-up is brought up again', { timeout: 60_000 }, () => {
    for (let ms = 300; ms < 6000; ms += 100) {
      const r = modemRig({ family, seed: ms })
      r.run(ms)
      r.modem.losePdp()
      const c = r.client()
      c.client.connect()
      r.until(() => c.got.state === 'up', 5 * MINUTE, `the link to be up, with the context lost after ${ms} ms`)
    }
  })
})

it('a power key that has switched a module on is not pressed again to switch it on', { timeout: 60_000 }, () => {
  for (const family of FAMILIES.filter((one) => one !== esp)) {
    const r = modemRig({ family, pins: ['powerKey'] })
    const c = r.client()
    c.up()
    r.modem.powerOff()
    r.until(() => c.got.state !== 'up', 5 * MINUTE, `${family.name}: the link to fail`)
    r.until(() => c.got.state === 'up', 5 * MINUTE, `${family.name}: the link to be up again`)
    expect(r.pulses()).toHaveLength(1)
  }
})

it.each([true, false])('a module that says that it is busy for ever is given up when the command\'s time is over, and not asked without time passing (waits: %s)', (waits) => {
  const deaf = { name: '+CIPSTART', run: (modem: Modem): void => modem.line('busy p...') }
  const r = modemRig({ family: esp, waits, pins: ['reset'], modem: { tables: [[deaf]] } })
  const c = r.client()
  c.client.connect()
  r.ready()
  r.forget()
  r.run(4 * MINUTE)
  expect(r.pulses()).not.toEqual([])
  expect(r.sent().filter((line) => line.startsWith('AT+CIPSTART')).length).toBeLessThan(4 * 5 * 60)
})

it('ESP-AT before 2.3 puts the comma first, and its data are read', () => {
  const r = modemRig({ family: esp, modem: { quirks: { oldEsp: true } } })
  r.client().up()
})

it('ESP-AT: a network that is joined anew takes the place of the attempt under way, and the command ends', () => {
  const r = modemRig({ family: esp })
  r.ready()
  for (let ms = 600; ms < 4000; ms += 200) {
    r.modem.reboot()
    r.run(ms)
    r.modem.input('AT+CWJAP="home",""\r\n' as never)
    r.ready(MINUTE)
  }
})

it('a rung that the program wants waits for the bytes of a send: they would be taken for its command', () => {
  const r = modemRig({ family: air780 })
  const c = r.client()
  c.up()
  r.run(5 * SECOND)
  r.forget()
  r.modem.silence(3 * SECOND)
  c.client.publish('out', 'payload' as never, 1)
  r.run(100)
  r.hal.network!.restart()
  r.run(2 * MINUTE)
  const out = r.bytesOut()
  expect(out).toContain('AT+CIPSHUT')
  expect(out.indexOf('AT+CIPSHUT')).toBeGreaterThan(out.indexOf('payload'))
  expect(c.got.state).toBe('up')
  r.broker.check()
})

it.each([esp, air780])('a setting that was never made, for another\'s answer was taken for its own, is made again when nothing comes on a link: %#', (family) => {
  const r = modemRig({ family })
  r.ready()
  // A restart that nobody heard of: pushing instead of pulling, echo, links without numbers.
  r.modem.faults.loseOut = 1
  r.modem.reboot()
  r.run(20 * SECOND)
  r.modem.faults.loseOut = 0
  r.client().up()
})
