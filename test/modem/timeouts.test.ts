/** Answers that come late, or never, or in part: none is taken for another's, and what a lost byte broke is never delivered. */
import { describe, expect, it } from 'vitest'
import { air780 } from '../../hal/at/air7xx.js'
import { LinkCode, SocketStatus, type Socket } from '../../hal/hal.js'
import type { CommandTable } from '../../hal/sim/modem/index.js'
import { FAMILIES, MINUTE, modemRig, NASTY, SECOND, SERVER, type Rig } from './rig.js'

const NAMED = FAMILIES.map((family) => [family.name, family] as const)

function linked(r: Rig, onData: (data: string) => void = () => {}): Socket {
  r.sim.network.listen('raw', 7, (connection) => connection.onData(onData))
  const socket = r.hal.socket.open({ host: 'raw', port: 7 })
  r.until(() => socket.status() === SocketStatus.Open, MINUTE, 'the link')
  r.forget()
  return socket
}

/** Host and module in turns, line by line: "> AT", "< OK". */
function dialogue(r: Rig): string[] {
  return r.modem.transcript.flatMap((entry) => entry.bytes.split('\r\n').filter((line) => line !== '').map((line) => `${entry.from === 'host' ? '>' : '<'} ${line}`))
}

describe('an answer that comes too late', () => {
  it('a late OK answers no other command: the module is called until exactly one answer comes to one call', () => {
    const r = modemRig({ at: { signalEvery: 20000 } })
    r.ready()
    r.until(() => r.sent().at(-1) === 'AT+CSQ', MINUTE, 'a command')
    // CSQ has 9 s; its answer comes after 12, with those of the first calls.
    r.modem.silence(12 * SECOND)
    const from = dialogue(r).length - 1
    r.run(20 * SECOND)
    const said = dialogue(r).slice(from)
    expect(said.slice(0, 4)).toEqual(['> AT+CSQ', '> AT', '> AT', '> AT'])
    const answers = said.indexOf('< +CSQ: 23,0')
    const after = said.slice(answers)
    // All that was late comes at once and counts as too much; a call with one answer ends it.
    expect(after.filter((line) => line === '< OK').length).toBeGreaterThan(2)
    const last = after.lastIndexOf('> AT')
    expect(after.slice(last, last + 2)).toEqual(['> AT', '< OK'])
    expect(r.hal.network!.ready()).toBe(1)
    expect(r.inside.ladder_.climbs_).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  it('a late refusal of a send is not that of the next link', () => {
    const r = modemRig()
    const heard: string[] = []
    const socket = linked(r, (data) => heard.push(data))
    r.modem.faults.sendFail = 1
    socket.write(r.bytes('first'))
    r.until(() => r.bytesOut().includes('first'), SECOND, 'the bytes')
    r.modem.silence(16 * SECOND)
    r.until(() => socket.status() < 0, MINUTE, 'the end')
    expect(socket.status()).toBe(LinkCode.AtFailed)
    r.modem.faults.sendFail = 0
    const second = r.hal.socket.open({ host: 'raw', port: 7 })
    r.until(() => second.status() !== SocketStatus.Opening, MINUTE, 'the next link')
    second.write(r.bytes('second'))
    r.run(5 * SECOND)
    expect(second.status()).toBe(SocketStatus.Open)
    expect(heard).toEqual(['second'])
  })

  it('an open whose answer comes after its time is closed, not used', () => {
    const open: CommandTable = [{ name: '+CIPSTART', run: (modem, call) => {
      call.ok()
      modem.later(100 * SECOND, '0, CONNECT OK')
    } }]
    const r = modemRig({ modem: { tables: [open] } })
    const socket = r.hal.socket.open(SERVER)
    r.until(() => socket.status() !== SocketStatus.Opening, 2 * MINUTE, 'the end')
    expect(socket.status()).toBe(LinkCode.TcpTimeout)
    r.until(() => r.sent().includes('AT+CIPCLOSE=0'), SECOND, 'the close')
    r.run(MINUTE)
    expect(socket.status()).toBe(LinkCode.TcpTimeout)
  })
})

describe('a command without an end', () => {
  const NEVER: CommandTable = [{ name: '+CSQ', run: () => undefined }]

  it('[S0-14] its time is up, three calls have no answer, and the ladder climbs: RESET', () => {
    const r = modemRig({ at: { signalEvery: 20000 } })
    const socket = linked(r)
    r.modem.modem.desk.take = () => undefined
    const t0 = r.sim.now
    r.until(() => r.modem.edges.length > 0, 2 * MINUTE, 'the pulse')
    expect(r.sent()).toEqual(['AT+CSQ', 'AT', 'AT', 'AT'])
    expect(socket.status()).toBe(LinkCode.AtFailed)
    r.run(SECOND)
    expect(r.pulses()).toEqual(['reset 600'])
    // 20 s until it is asked, 9 s for the command, three calls of a second.
    expect(r.sim.now - t0).toBeLessThan(35 * SECOND)
  })

  it('[S0-14] a send that is stuck calls nobody, for the module might take the call for what was lost: RESET at once, or calls where there is no pin', () => {
    for (const pins of [['reset', 'powerKey'], []]) {
      const r = modemRig({ pins })
      const socket = linked(r)
      r.modem.modem.desk.take = () => undefined
      socket.write(r.bytes('x'))
      r.until(() => socket.status() < 0, MINUTE, 'the end')
      expect(socket.status()).toBe(LinkCode.AtFailed)
      r.run(5 * SECOND)
      expect(r.sent().slice(0, 2)).toEqual(pins.length > 0 ? ['AT+CIPSEND=0,1'] : ['AT+CIPSEND=0,1', 'AT'])
      expect(r.pulses().slice(0, 1)).toEqual(pins.length > 0 ? ['reset 600'] : [])
    }
  })

  it('[S0-14] a module that is busy with it for ever is reset, and set up anew', () => {
    const r = modemRig({ modem: { tables: [NEVER] } })
    r.run(3 * MINUTE)
    expect(r.pulses()).toContain('reset 600')
    expect(r.hal.network!.ready()).toBe(0)
  })

  it('[S0-14] a module that answers twice to each call is out of step: the soft reset', () => {
    const twice: CommandTable = [{ name: '', run: (modem, call) => {
      if (modem.life > 0) call.ok()
      else call.okThen('OK')
    } }]
    const r = modemRig({ modem: { tables: [twice] }, pins: [] })
    r.until(() => r.sent().includes('AT+RESET'), 5 * MINUTE, 'the reset')
    r.ready(2 * MINUTE)
  })
})

describe('bytes that the line loses', () => {
  it.each(NAMED)('counted bytes that come short end the link with AtFailed, and are never delivered wrong, %s', (_name, family) => {
    const r = modemRig({ family, modem: { faults: { chunks: 'random' } } })
    const block = NASTY.repeat(2)
    const socket = linked(r)
    let lost = 0
    let hasData = false
    r.modem.faults.script = (name) => {
      // One byte of the data, and no other.
      if (name !== 'loseOut' || !hasData || lost > 0 || r.modem.modem.wire.pending > 0) return undefined
      lost += 1
      return true
    }
    const whole = r.modem.modem.data.bind(r.modem.modem)
    r.modem.modem.data = (bytes) => {
      hasData = bytes.length > 100
      // The first byte of what is put is a line's; the last third is the payload's.
      if (hasData && lost === 0) {
        lost = 1
        const at = bytes.length - 100
        whole(bytes.slice(0, at) + bytes.slice(at + 1))
      } else whole(bytes)
    }
    r.sim.network.last!.send(r.bytes(block))
    r.until(() => socket.status() < 0 || socket.pending() >= block.length, 2 * MINUTE, 'the end')
    expect(socket.status() < 0 ? socket.status() : 'open').toBe(LinkCode.AtFailed)
    expect(block.startsWith(socket.read(5000))).toBe(true)
    // The module is as it was: the next link works.
    r.modem.faults.script = undefined
    const heard: string[] = []
    linked(r, (data) => heard.push(data)).write(r.bytes('next'))
    r.run(3 * SECOND)
    expect(heard).toEqual(['next'])
  })

  it.each(NAMED)('a client over a line that loses a byte now and then gets each message of QoS 1, and whole, %s', (_name, family) => {
    const r = modemRig({ family })
    const c = r.client({ keepalive: 30, clean: false })
    c.up()
    c.client.subscribe('down', 1)
    r.run(2 * SECOND)
    Object.assign(r.modem.faults, { loseOut: 0.0005 })
    const payloads = Array.from({ length: 30 }, (_, i) => `${i} ${'abcdefgh'.repeat(12)}`)
    for (const payload of payloads) {
      r.broker.publish('down', r.bytes(payload), 1)
      r.run(10 * SECOND)
    }
    r.modem.faults.loseOut = 0
    r.run(5 * MINUTE)
    const got = c.got.payloads('down')
    expect(new Set(got)).toEqual(new Set(payloads))
    r.broker.check()
  })
})

it('a prompt that never comes: no byte of what was promised becomes a command, or reaches the server', () => {
  const r = modemRig()
  const heard: string[] = []
  const socket = linked(r, (data) => heard.push(data))
  Object.assign(r.modem.faults, { promptUrc: 1, promptUrcWhere: 'instead', unsolicitedLines: ['+CGEV: NW MODIFY 1,0'] })
  socket.write(r.bytes('AT+CFUN=0\r\nATZ\r\n'))
  r.until(() => socket.status() < 0, MINUTE, 'the end')
  expect(socket.status()).toBe(LinkCode.AtFailed)
  r.modem.faults.promptUrc = 0
  r.ready(2 * MINUTE)
  expect(r.modem.modem.registration.functionality).toBe(1)
  expect(heard.join('')).not.toContain('CFUN')
  const next = r.hal.socket.open(SERVER)
  r.until(() => next.status() === SocketStatus.Open, MINUTE, 'the next link')
})

it('an answer longer than a line may be is dropped and counted, and the next one is read', () => {
  const r = modemRig()
  r.ready()
  r.modem.modem.line(`+LONG: ${'x'.repeat(2000)}`)
  r.modem.modem.line('+CSQ: 5,0')
  r.run(SECOND)
  expect(r.inside.overflows_).toBe(1)
  expect(r.hal.modem!.signal()).toBe(-103)
})

it('what follows garbage is understood: a module that another speed made noise', () => {
  const r = modemRig()
  r.ready()
  r.modem.modem.data('\x80\xff\0\x13garbage without an end')
  r.run(SECOND)
  const socket = r.hal.socket.open(SERVER)
  r.until(() => socket.status() !== SocketStatus.Opening, 2 * MINUTE, 'the link')
  expect([socket.status(), air780.name, r.pulses()]).toEqual([SocketStatus.Open, 'air780', []])
})
