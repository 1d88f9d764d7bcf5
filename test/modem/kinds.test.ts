/** A port that waits and a port that is woken: the same program, the same modem, the same events. */
import { describe, expect, it } from 'vitest'
import { CORES, FAMILIES, MINUTE, modemRig, NASTY, SECOND, type Rig } from './rig.js'

interface Told { sent: string; links: unknown; receipts: unknown; messages: unknown; taken: unknown; cause: unknown }

/** Half an hour of everything: traffic both ways, a close by the server, a lost context, a restart, silence. */
function program(family: (typeof FAMILIES)[number], core: keyof typeof CORES, waits: boolean): { told: Told; r: Rig } {
  const r = modemRig({ family, waits, stores: true })
  const c = r.client({ keepalive: 60 }, core)
  c.client.connect()
  r.until(() => c.got.state === 'up', MINUTE, 'the link')
  c.client.subscribe('down/#', 1)
  r.run(2 * SECOND)
  const burst = (mark: string): void => {
    for (let i = 0; i < 5; i++) {
      c.client.publish(`up/${mark}`, r.bytes(`${mark}${i}${NASTY}`), i % 2 as 0 | 1)
      r.broker.publish(`down/${mark}`, r.bytes(`${mark}${i}${NASTY}`), i % 2 as 0 | 1)
    }
    r.run(30 * SECOND)
  }
  burst('first')
  r.broker.kick('a', 'rst')
  r.run(MINUTE)
  burst('closed')
  r.modem.losePdp()
  r.run(2 * MINUTE)
  burst('lost')
  r.modem.reboot()
  r.run(2 * MINUTE)
  burst('restarted')
  r.modem.silence(20 * SECOND)
  r.run(5 * MINUTE)
  burst('silent')
  r.run(10 * MINUTE)
  const cause = { ...c.client.explain() }
  c.client.disconnect()
  r.run(5 * SECOND)
  r.broker.check()
  r.sim.check()
  const plain = <T extends { t: number }>(list: T[]): Omit<T, 't'>[] => list.map(({ t: _t, ...rest }) => rest)
  return { r, told: {
    sent: r.sent().join('\n'), links: plain(c.got.links), receipts: plain(c.got.receipts), messages: plain(c.got.messages),
    taken: r.broker.oracle.taken.items.map((one) => one.payload), cause
  } }
}

describe.each(FAMILIES.map((family) => [family.name, family] as const))('%s', (_name, family) => {
  it('[S1-17] gives the same events on a port that waits and on one that is woken', () => {
    const core = family.name === 'air780' ? 'full' : family.name === 'ec2x' ? 'tiny' : 'standard'
    const [woken, waiting] = [false, true].map((waits) => program(family, core, waits).told)
    expect(woken!.messages).toHaveLength(25)
    expect(waiting).toEqual(woken)
  })
})

it('[S1-17] nothing is polled on an idle link: the device is woken for the keepalive, the signal, and what comes', () => {
  const r = modemRig({ at: { signalEvery: 0 } })
  const c = r.client({ keepalive: 240 })
  c.up()
  r.run(MINUTE)
  const before = r.sim.device.timer.wakes
  r.forget()
  r.run(2 * MINUTE)
  expect(r.bytesOut()).toBe('')
  expect(r.sim.device.timer.wakes - before).toBeLessThan(10)
})
