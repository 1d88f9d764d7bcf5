import { describe, expect, it } from 'vitest'
import { World } from './support.js'

/** A device that is up and has subscribed. */
function listening(options: ConstructorParameters<typeof World>[0] = {}): World {
  const w = new World(options)
  w.client.subscribe('in', 2)
  w.up()
  w.run(200)
  return w
}

function again(w: World): void {
  w.device.powerCut()
  w.sim.advance(100)
  w.reboot()
  w.client.subscribe('in', 2)
  w.up()
  w.run(300)
}

describe('inbound QoS 2 over a power cut', () => {
  it('is not handed over again once its PUBREC was sent, though the server never saw it', () => {
    const w = listening()
    w.broker.on('pubrec', () => w.life === 1)
    w.broker.publish('in', 'one', { qos: 2 })
    w.run(100)
    expect(w.broker.peer.all('pubrec')).toHaveLength(1)
    again(w)
    expect(w.handed.map((h) => h.payload)).toEqual(['one'])
    expect(w.client.stats().repeats).toBe(1)
    w.check()
  })

  it('is not handed over again once its PUBREC was sent, though its callback had the journal written without its id', () => {
    const w: World = new World({
      onMessage: (_topic, payload, packet) => {
        w.handed.push({ topic: 'in', payload, repeated: packet.repeated === true, life: w.life })
        w.client.publish('answer', payload, 2)
      }
    })
    w.client.subscribe('in', 2)
    w.up()
    w.run(200)
    // The power goes before the answer's own PUBREC, which would have the journal written again.
    w.broker.on('pubrec', () => {
      if (w.life === 1) w.sim.after(0, () => w.device.powerCut())
      return w.life === 1
    })
    w.broker.publish('in', 'one', { qos: 2 })
    w.run(100)
    expect(w.broker.peer.all('pubrec')).toHaveLength(1)
    again(w)
    expect(w.handed.map((h) => h.payload)).toEqual(['one'])
    expect(w.taken('answer')).toEqual(['one'])
  })

  it('is handed over under an id that was used before the cut and ended', () => {
    const w = listening()
    w.broker.publish('in', 'first', { qos: 2 })
    w.run(100)
    const id = w.broker.peer.all('pubcomp')[0]!.messageId!
    w.device.powerCut()
    w.sim.advance(100)
    w.reboot()
    w.up()
    w.broker.peer.publish({ topic: 'in', payload: 'second', qos: 2, messageId: id })
    w.run(100)
    expect(w.handed.map((h) => h.payload)).toEqual(['first', 'second'])
  })

  it('comes again with the repeated flag when the power went inside its callback, even after a write from there', () => {
    let accepted = 0
    const w: World = new World({
      onMessage: (_topic, payload, packet) => {
        w.handed.push({ topic: 'in', payload, repeated: packet.repeated === true, life: w.life })
        // This writes the state of the journal while the callback is not done.
        accepted = w.client.publish('answer', payload, 1)
        if (w.life === 1) w.device.powerCut()
      }
    })
    w.client.subscribe('in', 2)
    w.up()
    w.run(200)
    w.broker.publish('in', 'one', { qos: 2 })
    w.run(100)
    expect(accepted).toBeGreaterThan(0)
    again(w)
    expect(w.handed.map((h) => [h.payload, h.repeated, h.life])).toEqual([['one', false, 1], ['one', true, 2]])
    // Both answers were accepted, and both are kept.
    expect(w.taken('answer')).toEqual(['one', 'one'])
    w.broker.publish('in', 'two', { qos: 2 })
    w.run(100)
    expect(w.handed[2]).toMatchObject({ payload: 'two', repeated: false })
  })

  it('is flagged only in the first minute of a life that went on with a session', () => {
    const w = listening()
    again(w)
    w.run(61000)
    w.broker.peer.publish({ topic: 'in', payload: 'late', qos: 2, messageId: 900, dup: true })
    w.run(100)
    expect(w.handed).toMatchObject([{ payload: 'late', repeated: false }])
  })
})

describe('outbound over a power cut', () => {
  it('PUBREL follows PUBREC only when that is written: the message is never published again', () => {
    const w = listening()
    const token = w.publish('t', 'x', 2)
    let cut = false
    w.broker.on('pubrel', () => {
      if (!cut) w.sim.after(0, () => w.device.powerCut())
      cut = true
      return false
    })
    w.run(100)
    expect(cut).toBe(true)
    again(w)
    expect([w.taken('t'), w.told(token)]).toEqual([['x'], ['delivered']])
    expect(w.broker.peer.all('publish')).toEqual([])
    w.check()
  })

  it('packet ids go on where they were, and those in flight are not given again', () => {
    const w = listening()
    w.broker.on('publish', (packet) => packet.cmd === 'publish' && packet.topic === 'stuck')
    w.publish('stuck', 'x', 1)
    w.publish('t', 'y', 1)
    w.run(100)
    const before = w.broker.peer.all('publish').map((p) => p.messageId!)
    again(w)
    w.publish('t', 'z', 1)
    w.run(100)
    // The second one ended, but its end had not been written: at QoS 1 it comes twice. SUBSCRIBE took the id after it.
    const after = w.broker.peer.all('publish').map((p) => p.messageId!)
    expect(after).toEqual([before[0], before[1], before[1]! + 2])
    w.check()
  })

  it('the id of a message in pieces is not used again in the session, since it cannot be sent again', () => {
    const w = listening()
    w.broker.on('publish', () => w.life === 1)
    const token = w.client.publishStream('s', 3, () => 'abc' as never, 2)
    expect(token).toBeGreaterThan(0)
    w.run(100)
    const id = w.broker.peer.all('publish')[0]!.messageId!
    again(w)
    expect(w.client.core_!.retired_).toEqual([id])
    expect(w.broker.peer.all('publish')).toEqual([])
  })

  it('a receipt whose callback did not return is told again, with the same token', () => {
    const told: [number, number][] = []
    const w: World = new World({
      onReceipt: (token) => {
        told.push([w.life, token])
        if (w.life === 1) {
          w.client.publish('note', 'x' as never, 1)
          w.device.powerCut()
        }
      }
    })
    w.up()
    w.run(50)
    const token = w.publish('t', 'x', 1)
    w.run(100)
    again(w)
    expect(told).toEqual([[1, token], [2, token], [2, token + 1]])
    // It ended; only the note of its callback goes out.
    expect(w.broker.peer.all('publish').map((p) => p.topic)).toEqual(['note'])
  })
})
