/** What ends a link: the server, the network, the module itself. Each is told apart, looked at, and answered on its own level. */
import { describe, expect, it } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode, SocketStatus } from '../../hal/hal.js'
import { CORES, FAMILIES, MINUTE, modemRig, SECOND, SERVER, type Rig } from './rig.js'

/** Everything that a start of the module needs, in order. */
const START = ['ATE0', 'AT+CMEE=1', 'AT+CEREG=3', 'AT+CGSN', 'AT+CIPMODE=0', 'AT+CIPQSEND=1', 'AT+CPIN?', 'AT+CSQ', 'AT+COPS?', 'AT+CEREG?', 'AT+CGATT?',
  'AT+CIPSTATUS', 'AT+CIPSHUT', 'AT+CIPMUX=1', 'AT+CIPRXGET=1', 'AT+CSTT="internet","",""', 'AT+CIICR', 'AT+CIFSR']
const LOOK = ['AT+CPIN?', 'AT+CSQ', 'AT+COPS?', 'AT+CEREG?', 'AT+CGATT?', 'AT+CIPSTATUS']

const NAMED = FAMILIES.map((family) => [family.name, family] as const)

/** What a family sends that changes the bearer. */
function changes(r: Rig): string[] {
  return r.sent().filter((line) => /CIPSHUT|CSTT|CIICR|NETCLOSE|NETOPEN$|QIDEACT|QIACT=|CGACT|CGATT=|CWJAP=|CWQAP|CIPCLOSE=5|CFUN|RESET|RST/.test(line))
}

describe('[S0-03.2] a module that restarts while links are open', () => {
  it('[S0-03.2] ends all links with a cause, counts it, and sets everything again in order', () => {
    const r = modemRig()
    const sockets = [0, 1].map(() => r.hal.socket.open(SERVER))
    r.until(() => sockets.every((socket) => socket.status() === SocketStatus.Open), MINUTE, 'the links')
    r.forget()
    r.modem.reboot()
    r.until(() => r.bytesIn().includes('RDY'), 10 * SECOND, 'RDY')
    r.run(1)
    expect(sockets.map((socket) => socket.status())).toEqual([LinkCode.AtFailed, LinkCode.AtFailed])
    expect([r.hal.network!.ready(), r.hal.network!.reason()]).toEqual([0, 'module-reboot'])
    expect(r.inside.reboots_).toBe(1)
    r.ready()
    const lines = r.sent()
    expect(lines.slice(lines.indexOf('ATE0'))).toEqual(START)
    expect(lines.slice(0, lines.indexOf('ATE0')).every((line) => line === 'AT')).toBe(true)
  })

  it.each(NAMED)('[S0-03.2] loses nothing of QoS 1 that a client had accepted, and comes back by itself, %s', (_name, family) => {
    const r = modemRig({ family })
    const c = r.client({ keepalive: 60, limits: { outboxCount: 100 } })
    c.up()
    const tokens: number[] = []
    for (let i = 0; i < 30; i++) {
      const token = c.client.publish('t', r.bytes(`${i}`), 1)
      if (token > 0) tokens.push(token)
      if (i === 10) r.modem.reboot()
      r.run(SECOND)
    }
    expect(tokens).toHaveLength(30)
    r.until(() => c.got.receipts.length === 30, 5 * MINUTE, 'the receipts')
    expect(c.got.receipts.map((receipt) => receipt.outcome)).toEqual(tokens.map(() => 'delivered'))
    const taken = new Set(r.broker.oracle.taken.items.map((one) => one.payload))
    expect([...taken].sort()).toEqual(Array.from({ length: 30 }, (_, i) => `${i}`).sort())
    expect(r.inside.reboots_).toBe(1)
    expect(r.pulses()).toEqual([])
    r.broker.check()
    r.sim.check()
  })

  it.each(Object.keys(CORES) as (keyof typeof CORES)[])('[S0-03.2] a client of %s names it: the modem\'s, not the server\'s fault', (core) => {
    const r = modemRig()
    const c = r.client({ keepalive: 60 }, core)
    c.up()
    r.modem.reboot()
    r.until(() => c.got.state !== 'up', 10 * SECOND, 'the drop')
    const { code, detail } = c.client.explain()
    expect(core === 'tiny' ? [LinkCode.AtFailed, ''] : [ErrorCode.NetworkDown, 'module-reboot']).toEqual([code, core === 'tiny' ? '' : detail])
    r.until(() => c.got.state === 'up', 2 * MINUTE, 'the link again')
  })

  it('[S0-03.2] restarts that come again and again are counted, and lead to no reset of ours', () => {
    const r = modemRig()
    const c = r.client({ keepalive: 60 })
    c.up()
    for (let i = 1; i <= 8; i++) {
      r.modem.reboot('brown-out')
      r.run(2 * MINUTE)
      expect([i, r.inside.reboots_, c.got.state]).toEqual([i, i, 'up'])
    }
    expect(r.inside.ladder_.climbs_.slice(4)).toEqual([0, 0, 0])
    expect(r.pulses()).toEqual([])
  })

  it('[S0-03.2] in the middle of a command, of a prompt, of counted bytes: no half of it is left', () => {
    for (const mark of ['AT+CIPSEND', 'AT+CIPRXGET=2', 'AT+CIPSTART', 'AT+CIICR', 'AT+CDNSGIP']) {
      const r = modemRig()
      const c = r.client({ keepalive: 60 })
      c.client.connect()
      r.until(() => r.sent().some((line) => line.startsWith(mark)), MINUTE, mark)
      r.modem.reboot()
      r.until(() => c.got.state === 'up', 3 * MINUTE, `the link after ${mark}`)
      const token = c.client.publish('t', r.bytes('x'), 1)
      r.run(SECOND)
      expect(c.got.receipt(token)?.outcome).toBe('delivered')
      r.broker.check()
    }
  })
})

describe('[S0-03.5] a drop is looked at before it is answered', () => {
  it('[S0-03.5] a link that the server closed: questions, and the link again', () => {
    const r = modemRig()
    const c = r.client()
    c.up()
    r.run(MINUTE)
    r.forget()
    r.broker.kick('a', 'fin')
    r.until(() => r.sent().some((line) => line.startsWith('AT+CIPSTART')), MINUTE, 'the link')
    expect(c.client.explain().code).toBe(ErrorCode.ClosedByServer)
    expect(r.sent().filter((line) => !line.startsWith('AT+CIPRXGET=2'))).toEqual([...LOOK, 'AT+CIPSSL=0', 'AT+CDNSGIP="broker"', 'AT+CIPSTART=0,"TCP","203.0.113.2",1883'])
    expect(r.inside.ladder_.climbs_).toEqual([1, 0, 0, 0, 0, 0, 0])
  })

  it('[S0-03.5] a context that the network took: the socket layer, and no less', () => {
    const r = modemRig()
    const c = r.client()
    c.up()
    r.run(MINUTE)
    r.forget()
    r.modem.losePdp()
    r.until(() => c.got.state !== 'up', SECOND, 'the drop')
    expect([c.client.explain().code, c.client.explain().detail]).toEqual([ErrorCode.NetworkDown, 'bearer-lost'])
    r.until(() => c.got.state === 'up', MINUTE, 'the link')
    // It is known already: no look is needed before.
    expect(r.sent()[0]).toBe('AT+CIPSHUT')
    expect(changes(r).slice(0, 4)).toEqual(['AT+CIPSHUT', 'AT+CIPSHUT', 'AT+CSTT="internet","",""', 'AT+CIICR'])
    expect(r.inside.ladder_.climbs_).toEqual([0, 1, 0, 0, 0, 0, 0])
  })

  it.each(NAMED)('[S0-03.5] a closed link changes nothing of the bearer, a lost context does, %s', (_name, family) => {
    const r = modemRig({ family })
    const c = r.client()
    c.up()
    r.run(MINUTE)
    r.forget()
    r.broker.kick('a', 'rst')
    r.until(() => c.got.state !== 'up', SECOND, 'the drop')
    r.until(() => c.got.state === 'up', MINUTE, 'the link')
    expect(changes(r)).toEqual([])
    r.modem.losePdp()
    r.until(() => c.got.state !== 'up', SECOND, 'the drop')
    r.until(() => c.got.state === 'up', MINUTE, 'the link')
    expect(changes(r).length).toBeGreaterThan(0)
    expect(r.inside.ladder_.climbs_).toEqual([1, 1, 0, 0, 0, 0, 0])
    r.broker.check()
  })

  it.each([
    ['the registration went', { registration: 2 }, 'not-registered', 'AT+CFUN=0'],
    ['the SIM went', { sim: 'missing' }, 'sim-missing', 'AT+CFUN=0'],
    ['the attach went', { attached: false }, 'not-attached', 'AT+CGACT=0,1']
  ] as const)('[S0-03.5] a closed link behind which %s: the look says so, and the ladder enters there', (_what, radio, word, command) => {
    const r = modemRig()
    const c = r.client()
    c.up()
    r.run(MINUTE)
    r.forget()
    r.modem.changeRadio(radio)
    r.modem.dropLink()
    r.run(10 * SECOND)
    expect([r.hal.network!.ready(), r.hal.network!.reason()]).toEqual([0, word])
    expect(changes(r)).toEqual([])
    r.until(() => r.sent().includes(command), 3 * MINUTE, command)
    expect(changes(r).filter((line) => line !== 'AT+CIPSHUT')[0]).toBe(command)
  })

  it('[S0-03.5] a server that is gone is no fault of the bearer: it is ready all the time, and the modem is left alone', () => {
    const r = modemRig()
    const c = r.client()
    c.up()
    r.broker.stop('fin')
    r.forget()
    const ready = new Set<number>()
    for (let i = 0; i < 600; i++) {
      r.run(SECOND)
      ready.add(r.hal.network!.ready())
    }
    expect([...ready]).toEqual([1])
    expect(changes(r)).toEqual([])
    expect(r.pulses()).toEqual([])
    r.broker.start()
    r.until(() => c.got.state === 'up', 2 * MINUTE, 'the link')
  })
})

it.each(NAMED.filter(([name]) => name !== 'esp'))('[S0-03.2] a module that says goodbye is off at once, and is switched on again, %s', (_name, family) => {
  const r = modemRig({ family })
  const socket = r.hal.socket.open(SERVER)
  r.until(() => socket.status() === SocketStatus.Open, MINUTE, 'the link')
  r.modem.modem.power.shutDown()
  r.run(100)
  expect([socket.status(), r.hal.network!.ready(), r.hal.network!.reason()]).toEqual([LinkCode.AtFailed, 0, 'module-reboot'])
  r.ready(5 * MINUTE)
  expect(r.modem.powerState).toBe('on')
})
