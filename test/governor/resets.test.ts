import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { simClient } from '../support/harness.js'
import { outcomes } from '../session/support.js'

describe('a reset', () => {
  it('in answer to a publish makes that message a suspect, as a close does: it is rejected, and the rest goes on', () => {
    const h = simClient({ clean: false, clientId: 'a' })
    h.broker.on('publish', (packet, peer) => {
      if (packet.payload.toString() !== 'poison') return false
      peer.rst()
      return true
    })
    h.up()
    const bad = h.client.publish('t', h.bytes('poison'), 1)
    const good = [1, 2].map((n) => h.client.publish('t', h.bytes(`${n}`), 1))
    h.run(200000)
    expect(h.got.receipt(bad)).toMatchObject({ outcome: 'rejected', reason: ErrorCode.Poison })
    expect(outcomes(h, good)).toEqual(['delivered', 'delivered'])
  })

  it('of a path that resets each link after a while makes none: the message waits until it gets through', () => {
    const h = simClient({ clean: false, clientId: 'a' })
    let cut = true
    // The path takes what goes up and loses the answers, and resets the link after 20 s.
    h.broker.on('publish', (_packet, peer) => {
      if (!cut) return false
      peer.wire.after(20000, () => peer.rst())
      return true
    })
    h.up()
    const token = h.client.publish('t', h.bytes('innocent'), 1)
    h.run(600000)
    expect(h.broker.peers.length).toBeGreaterThan(8)
    expect(h.got.receipt(token)).toBeUndefined()
    cut = false
    h.run(120000)
    expect(h.got.receipt(token)?.outcome).toBe('delivered')
  })
})
