/** Names: resolved by the module once it has an address, by our own servers where the network's do not know them. */
import { describe, expect, it } from 'vitest'
import { air724, air780 } from '../../hal/at/air7xx.js'
import { esp } from '../../hal/at/esp.js'
import type { Family } from '../../hal/at/family.js'
import type { AtOptions } from '../../hal/at/index.js'
import { ec2x } from '../../hal/at/quectel.js'
import { sim800 } from '../../hal/at/sim800.js'
import { sim7600 } from '../../hal/at/simcom.js'
import { LinkCode, SocketStatus, type Endpoint } from '../../hal/hal.js'
import type { CommandTable } from '../../hal/sim/modem/index.js'
import { FAMILIES, MINUTE, modemRig, SECOND, SERVER, type Rig } from './rig.js'

/** Our servers know what the network's do not. */
const HEALS: CommandTable = ['+CDNSCFG', '+QIDNSCFG', '+CIPDNS'].map((name) => ({ name, run: (modem, call) => {
  modem.radio.dns = 'ok'
  call.ok()
} }))

function open(r: Rig, endpoint: Endpoint = SERVER): number {
  const socket = r.hal.socket.open(endpoint)
  r.until(() => socket.status() !== SocketStatus.Opening, 3 * MINUTE, 'the link')
  return socket.status()
}

function failing(family: Family, at: AtOptions = {}, tables: CommandTable[] = []): Rig {
  const r = modemRig({ family, at, modem: { radio: { dns: 'fail' }, tables } })
  r.ready()
  r.forget()
  return r
}

/** What was asked of names, and the links that were opened. */
function asked(r: Rig): string[] {
  return r.sent().filter((line) => /CDNSGIP|DNSCFG|CIPDNS|CIPSTART|CIPOPEN|QIOPEN/.test(line))
}

describe.each([air724, air780, sim800].map((family) => [family.name, family] as const))('%s', (_name, family) => {
  it('[S0-02.5] asks for a name only when the context has its address, and opens the address', () => {
    const r = modemRig({ family })
    expect(open(r)).toBe(SocketStatus.Open)
    const places = ['AT+CSTT="internet","",""', 'AT+CIICR', 'AT+CIFSR', 'AT+CDNSGIP="broker"', 'AT+CIPSTART=0,"TCP","203.0.113.2",1883'].map((line) => r.sent().indexOf(line))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places).not.toContain(-1)
  })

  it('[S0-02.5] a link that the program wants too early waits for the context: the wrong order never reaches the module', () => {
    const r = modemRig({ family, modem: { radio: { registration: 2 } } })
    r.hal.socket.open(SERVER)
    r.run(20 * SECOND)
    expect(asked(r)).toEqual([])
    r.forget()
    r.modem.changeRadio({ registration: 1 })
    r.until(() => asked(r).length === 2, 20 * SECOND, 'the link')
    expect(r.bytesIn()).not.toContain('ERROR')
  })

  it('[S0-02.5] gives the module our servers when it does not find a name (code 12), and finds it then', () => {
    const r = failing(family, {}, [HEALS])
    expect(open(r)).toBe(SocketStatus.Open)
    expect(r.bytesIn()).toMatch(family === sim800 ? /\+CDNSGIP: 0,8/ : /\+CDNSGIP:0,12/)
    expect(asked(r)).toEqual(['AT+CDNSGIP="broker"', 'AT+CDNSCFG="223.5.5.5","119.29.29.29"', 'AT+CDNSGIP="broker"', 'AT+CIPSTART=0,"TCP","203.0.113.2",1883'])
  })

  it('[S0-02.5] fails with DnsFailed when our servers do not find it either: two questions, no more', () => {
    const r = failing(family)
    expect(open(r)).toBe(LinkCode.DnsFailed)
    expect(asked(r)).toEqual(['AT+CDNSGIP="broker"', 'AT+CDNSCFG="223.5.5.5","119.29.29.29"', 'AT+CDNSGIP="broker"'])
    expect(r.hal.network!.ready()).toBe(1)
  })

  it('[S0-02.5] takes the servers that the program names; [] leaves the network\'s alone', () => {
    const one = failing(family, { dns: ['9.9.9.9'] })
    open(one)
    expect(asked(one)[1]).toBe('AT+CDNSCFG="9.9.9.9","9.9.9.9"')
    const two = failing(family, { dns: ['9.9.9.9', '1.1.1.1'] })
    open(two)
    expect(asked(two)[1]).toBe('AT+CDNSCFG="9.9.9.9","1.1.1.1"')
    const none = failing(family, { dns: [] })
    expect(open(none)).toBe(LinkCode.DnsFailed)
    expect(asked(none)).toEqual(['AT+CDNSGIP="broker"'])
  })
})

describe.each([sim7600, ec2x, esp].map((family) => [family.name, family] as const))('%s', (_name, family) => {
  it('[S0-02.5] takes names with its links, and says what it can of one that is not found', () => {
    const r = failing(family)
    // ESP-AT answers ERROR for whatever failed.
    expect(open(r)).toBe(family === esp ? LinkCode.TcpFailed : LinkCode.DnsFailed)
    expect(r.hal.network!.ready()).toBe(1)
  })
})

describe.each(FAMILIES.map((family) => [family.name, family] as const))('%s', (_name, family) => {
  it('[S0-02.5] an address needs no name: none is asked for', () => {
    const r = modemRig({ family, broker: { host: '192.0.2.7' }, modem: { radio: { dns: 'fail' } } })
    expect(open(r, { host: '192.0.2.7', port: 1883 })).toBe(SocketStatus.Open)
    expect(asked(r).filter((line) => /DNS/.test(line))).toEqual([])
    expect(asked(r)[0]).toContain('"192.0.2.7"')
  })

  it.each(['a"b', 'a",1,"TCP', 'broker\r\nAT+CFUN=0', 'broker\r', 'a\n', 'a,b', 'a b', 'a\\b', 'a\0b', 'br\u00f6ker', ''])('[S0-02.5] a host %j is no name: DnsFailed, and nothing is sent', (host) => {
    const r = modemRig({ family })
    r.ready()
    r.forget()
    expect(r.hal.socket.open({ host, port: 1883 }).status()).toBe(LinkCode.DnsFailed)
    r.run(20 * SECOND)
    expect(r.bytesOut()).toBe('')
  })
})

it('[S0-02.5] a client reconnects when the name is found again, and tells why it could not', () => {
  const r = failing(air780)
  const c = r.client()
  c.client.connect()
  r.run(5 * SECOND)
  expect(c.client.explain().code).toBe(LinkCode.DnsFailed)
  r.modem.changeRadio({ dns: 'ok' })
  r.until(() => c.got.state === 'up', 2 * MINUTE, 'the link')
  r.broker.check()
})
