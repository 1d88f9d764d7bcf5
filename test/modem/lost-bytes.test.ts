/** Bytes lost and doubled on the serial line: what MQTT delivers is whole, or the link has ended. Found by `npx yieldmq sim --modem`. */
import { describe, expect, it } from 'vitest'
import { ec2x } from '../../hal/at/quectel.js'
import type { FaultName } from '../../hal/sim/modem/index.js'
import { FAMILIES, MINUTE, modemRig, SECOND, type Rig } from './rig.js'

const PAYLOAD = `${'-'.repeat(40)}~${'-'.repeat(40)}`

/** The fault strikes once, at the first byte for which `where` holds; `before` is what passed in that direction until then. */
function once(r: Rig, name: FaultName, where: (byte: string, before: string) => boolean): { struck: boolean } {
  const state = { struck: false }
  let before = ''
  r.modem.faults.script = (what, detail) => {
    if (what !== name) return undefined
    before = (before + detail).slice(-100)
    if (state.struck || !where(detail, before.slice(0, -1))) return false
    state.struck = true
    return true
  }
  return state
}

function taken(r: Rig): string[] {
  return r.broker.oracle.taken.items.map((one) => one.payload)
}

describe.each(FAMILIES.map((family) => ({ family, name: family.name })))('$name', ({ family }) => {
  it.each(['loseOut', 'doubleOut'] as const)('a byte of received data that is lost or comes twice (%s) ends the link, and nothing of that read is handed on', { timeout: 60_000 }, (fault) => {
    const r = modemRig({ family })
    const c = r.client({ clean: false })
    c.client.subscribe('in', 1)
    c.up()
    r.run(5 * SECOND)
    const state = once(r, fault, (byte) => byte === '~')
    r.broker.publish('in', PAYLOAD as never, 1)
    r.until(() => c.got.messages.length > 0, 2 * MINUTE, 'the message')
    r.run(MINUTE)
    expect(state.struck).toBe(true)
    expect(c.got.messages.map((one) => one.payload)).toEqual([PAYLOAD])
    expect(r.broker.oracle.connects.total).toBe(2)
    r.broker.check()
  })

  it('a digit of a send\'s length that is lost on its way to the module ends the link, and the server takes nothing of other bytes', { timeout: 60_000 }, () => {
    const r = modemRig({ family })
    const c = r.client({ clean: false })
    c.up()
    r.run(5 * SECOND)
    const state = once(r, 'loseIn', (byte, before) => /SEND=\d+,1\d$/.test(before) && byte >= '0' && byte <= '9')
    c.client.publish('out', PAYLOAD.padEnd(110, '.') as never, 1)
    r.until(() => c.got.receipts.length > 0, 3 * MINUTE, 'the receipt')
    expect(state.struck).toBe(true)
    expect(c.got.receipts).toMatchObject([{ outcome: 'delivered' }])
    expect(new Set(taken(r))).toEqual(new Set([PAYLOAD.padEnd(110, '.')]))
    r.broker.check()
  })

  it('a byte that is lost while the module takes a send is not made up for by a call: a pin begins the module anew', { timeout: 60_000 }, () => {
    const r = modemRig({ family, ...(family.name === 'bg9x' ? { at: { pulses: { ...family.pulses, resetMs: 2500 } } } : {}) })
    const c = r.client({ clean: false })
    c.up()
    r.run(5 * SECOND)
    const state = once(r, 'loseIn', (byte) => byte === '~')
    c.client.publish('out', PAYLOAD as never, 1)
    r.until(() => state.struck, MINUTE, 'the byte to be lost')
    r.forget()
    r.until(() => r.pulses().length > 0, 2 * MINUTE, 'a pulse')
    expect(r.bytesOut()).toBe('')
    r.until(() => c.got.receipts.length > 0, 5 * MINUTE, 'the receipt')
    expect(new Set(taken(r))).toEqual(new Set([PAYLOAD]))
    r.broker.check()
  })

  it('data whose announcement was lost is fetched with the next look at the signal', { timeout: 60_000 }, () => {
    const r = modemRig({ family })
    const c = r.client({ keepalive: 0 })
    c.client.subscribe('in', 1)
    c.up()
    r.run(5 * SECOND)
    r.modem.faults.loseOut = 1
    r.broker.publish('in', PAYLOAD as never, 1)
    r.run(SECOND)
    r.modem.faults.loseOut = 0
    expect(c.got.messages).toEqual([])
    r.until(() => c.got.messages.length > 0, MINUTE + SECOND, 'the message')
    expect(r.broker.oracle.connects.total).toBe(1)
  })
})

it('Quectel does not say how many bytes a send took: it is asked before the next one', () => {
  const r = modemRig({ family: ec2x })
  const c = r.client()
  c.up()
  r.run(5 * SECOND)
  r.forget()
  c.client.publish('out', 'first' as never, 0)
  r.run(1)
  c.client.publish('out', 'second' as never, 0)
  r.run(SECOND)
  expect(r.sent().map((line) => line.replace(/=\d+,\d+$/, '=n,n'))).toEqual(['AT+QISEND=n,n', 'AT+QISEND=n,n', 'AT+QISEND=n,n', 'AT+QISEND=n,n'])
  expect(r.sent()[1]).toMatch(/^AT\+QISEND=\d+,0$/)
})
