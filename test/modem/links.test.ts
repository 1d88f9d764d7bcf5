/** Several links of one modem at a time: raw TCP is multiplexed, and has an end. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode, SocketStatus, type Socket } from '../../hal/hal.js'
import { ModelBroker } from '../../hal/sim/broker/index.js'
import { FAMILIES, MINUTE, modemRig, NASTY, SECOND, SERVER } from './rig.js'

describe.each(FAMILIES.map((family) => [family.name, family] as const))('%s', (_name, family) => {
  it('[S0-11] [S0-20] two clients on two links of one modem work at once, each with its own server', () => {
    const r = modemRig({ family })
    const other = new ModelBroker(r.sim, { host: 'other' })
    const a = r.client({ clientId: 'a' })
    const b = r.client({ clientId: 'b', servers: [{ host: 'other', port: 1883 }] })
    a.client.connect()
    b.client.connect()
    r.until(() => a.got.state === 'up' && b.got.state === 'up', MINUTE, 'both links')
    for (const c of [a, b]) c.client.subscribe('down', 1)
    r.run(2 * SECOND)
    for (let i = 0; i < 10; i++) {
      a.client.publish('up', r.bytes(`a${i}${NASTY}`), 1)
      b.client.publish('up', r.bytes(`b${i}${NASTY}`), 1)
      r.broker.publish('down', r.bytes(`for a ${i}${NASTY}`), 1)
      other.publish('down', r.bytes(`for b ${i}${NASTY}`), 1)
      r.run(SECOND)
    }
    r.run(10 * SECOND)
    const tens = (text: string): string[] => Array.from({ length: 10 }, (_, i) => `${text}${i}${NASTY}`)
    expect(r.broker.oracle.taken.items.map((one) => one.payload)).toEqual(tens('a'))
    expect(other.oracle.taken.items.map((one) => one.payload)).toEqual(tens('b'))
    expect(a.got.payloads('down')).toEqual(tens('for a '))
    expect(b.got.payloads('down')).toEqual(tens('for b '))
    r.broker.check()
    other.check()
  })

  it('[S0-11] a link that closes takes nothing from the other, which reads on', () => {
    const r = modemRig({ family })
    const block = NASTY.repeat(3)
    r.sim.network.listen('left', 7, (connection) => connection.after(500, () => connection.send(r.bytes(block))))
    r.sim.network.listen('right', 7, (connection) => {
      for (let i = 0; i < 10; i++) connection.after(200 * i, () => connection.send(r.bytes(block)))
    })
    const left = r.hal.socket.open({ host: 'left', port: 7 })
    const right = r.hal.socket.open({ host: 'right', port: 7 })
    r.until(() => left.status() === SocketStatus.Open && right.status() === SocketStatus.Open, MINUTE, 'the links')
    let got = ''
    r.until(() => {
      got += right.read(300)
      if (got.length > 2 * block.length) left.close()
      return got.length === 10 * block.length
    }, MINUTE, 'all of it')
    expect(got).toBe(block.repeat(10))
    expect([left.status(), right.status()]).toEqual([LinkCode.Closed, SocketStatus.Open])
    // Its place is free again.
    const again = r.hal.socket.open({ host: 'left', port: 7 })
    r.until(() => again.pending() > 0, MINUTE, 'the next')
  })

  it('[S0-11] [S0-20] has as many links as the module, and NoSocket for one more: at once, with nothing sent for it', () => {
    const r = modemRig({ family })
    r.sim.network.listen('many', 7, () => {})
    const sockets: Socket[] = []
    for (let i = 0; i < family.tcp.count; i++) sockets.push(r.hal.socket.open({ host: 'many', port: 7 }))
    r.until(() => sockets.every((socket) => socket.status() === SocketStatus.Open), 3 * MINUTE, 'all of them')
    r.forget()
    const tooMany = r.hal.socket.open({ host: 'many', port: 7 })
    expect(tooMany.status()).toBe(LinkCode.NoSocket)
    expect([tooMany.write(r.bytes('x')), tooMany.read(10), tooMany.credit()]).toEqual([LinkCode.NoSocket, '', 0])
    r.run(SECOND)
    expect(r.bytesOut()).toBe('')
    expect(sockets.every((socket) => socket.status() === SocketStatus.Open)).toBe(true)
    sockets[0]!.close()
    const next = r.hal.socket.open({ host: 'many', port: 7 })
    r.until(() => next.status() === SocketStatus.Open, MINUTE, 'the next')
  })

  it('[S0-11] what nobody reads stays in the module, and holds nobody else up', () => {
    const r = modemRig({ family })
    let sent = 0
    r.sim.network.listen('flood', 7, (connection) => connection.after(100, () => {
      for (let i = 0; i < 40; i++) connection.send(r.bytes(NASTY.repeat(3)))
      sent = 40 * NASTY.length * 3
    }))
    const flood = r.hal.socket.open({ host: 'flood', port: 7 })
    const c = r.client()
    c.up()
    r.until(() => flood.status() === SocketStatus.Open, MINUTE, 'the flood')
    r.run(10 * SECOND)
    expect(flood.pending()).toBeLessThanOrEqual(2048)
    const token = c.client.publish('t', r.bytes('x'), 1)
    r.run(3 * SECOND)
    expect(c.got.receipt(token)?.outcome).toBe('delivered')
    let got = ''
    r.until(() => {
      got += flood.read(1000)
      return got.length === sent
    }, 3 * MINUTE, 'all of it')
    expect(got).toBe(NASTY.repeat(120))
  })
})

it('[S0-20] a client for which no link is left is told so, and gets one when one is free', () => {
  const r = modemRig()
  r.sim.network.listen('many', 7, () => {})
  const sockets = Array.from({ length: 6 }, () => r.hal.socket.open({ host: 'many', port: 7 }))
  r.until(() => sockets.every((socket) => socket.status() === SocketStatus.Open), MINUTE, 'all of them')
  const c = r.client({ servers: [SERVER] })
  c.client.connect()
  r.run(SECOND)
  expect([LinkCode.NoSocket as number, ErrorCode.NetworkDown as number]).toContain(c.client.explain().code)
  expect(c.client.explain().code).toBe(LinkCode.NoSocket)
  sockets[3]!.close()
  r.until(() => c.got.state === 'up', MINUTE, 'the link')
})
