/** A module that restarts while it hands over counted bytes: its banner takes their place, and must neither reach a client nor be missed. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { FAMILIES, MINUTE, modemRig, SECOND } from './rig.js'

const PAYLOAD = 'z'.repeat(200)
/** Bytes of the payload that still come. The last cases leave fewer than the banner has. */
const KEPT = [1, 120, 190, 196, 199, 200]

describe.each(FAMILIES.map((family) => [family.name, family] as const))('[S0-03.2] %s', (_name, family) => {
  it.each(KEPT)('[S0-03.2] restarts after %i of 200 bytes: no client sees a byte that is not its server\'s, and the link comes back', (kept) => {
    const r = modemRig({ family, modem: { faults: { chunks: 1, chunkGapMs: 1 } } })
    const c = r.client({ keepalive: 20 })
    c.up()
    c.client.subscribe('t', 1)
    r.run(SECOND)
    r.forget()
    c.client.publish('t', r.bytes(PAYLOAD), 1)
    // What we send has the payload too, and the echo is off.
    r.until(() => r.bytesIn().includes('z'.repeat(kept)), MINUTE, 'the bytes')
    r.modem.reboot()
    r.until(() => c.got.state !== 'up', MINUTE, 'the drop')
    r.until(() => c.got.state === 'up', 2 * MINUTE, 'the link again')
    c.client.publish('t', r.bytes('after'), 1)
    r.until(() => c.got.payloads('t').includes('after'), MINUTE, 'a message')
    expect(c.got.payloads('t').filter((payload) => payload !== PAYLOAD && payload !== 'after')).toEqual([])
    expect(c.got.links.map((link) => link.cause)).not.toContain(ErrorCode.Malformed)
    r.sim.check()
  })
})
