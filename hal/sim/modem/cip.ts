/**
 * The IP layer that openLuat and SIM800 share: its states (AT+CIPSTATUS), bringing it up (CSTT, CIICR, CIFSR), down
 * (CIPSHUT), names (CDNSGIP), and what links are.
 */
import type { Call, CommandTable } from './commands.js'
import type { Link } from './link.js'
import type { Modem } from './modem.js'
import { accepted, keepSetting, numberSetting, numeric, setting } from './rows.js'

/** How openLuat and SIM800 differ. */
export interface CipDialect {
  /** CDNSGIP's line for a name without an address. */
  readonly dnsFailure: string
  /** CIPQSEND=0 waits until the peer has it. */
  readonly slowByDefault: boolean
  /** Pushed data ends in CR LF while AT+CIPRXF is 0. */
  readonly lineEnds: boolean
  /** The mode of AT+CIPRXGET that reports each arrival; 0 where there is none. */
  readonly eachArrival: number
}

export type CipState = 'IP INITIAL' | 'IP START' | 'IP CONFIG' | 'IP GPRSACT' | 'IP STATUS' | 'IP PROCESSING' | 'TCP CONNECTING'
  | 'CONNECT OK' | 'TCP CLOSING' | 'TCP CLOSED' | 'PDP DEACT'

export interface CipLink {
  link: Link
  /** As told: what CIPSTATUS shows. */
  readonly host: string
  readonly port: number
  state: 'CONNECTING' | 'CONNECTED' | 'REMOTE CLOSING' | 'CLOSING' | 'CLOSED'
  /** Data was announced and not fetched yet. */
  noticed: boolean
}

export interface Cip {
  state: CipState
  readonly links: Map<number, CipLink>
}

export const CIP_LINKS = 6
/** ms that CIICR takes. */
const ACTIVATE_MS = [300, 900] as const
/** ms that a name takes. */
const RESOLVE_MS = [40, 200] as const
const HAS_ADDRESS: readonly CipState[] = ['IP GPRSACT', 'IP STATUS', 'IP PROCESSING', 'TCP CONNECTING', 'CONNECT OK', 'TCP CLOSING', 'TCP CLOSED']

export function cip(modem: Modem): Cip {
  return modem.slot('cip', () => {
    const made: Cip = { state: 'IP INITIAL', links: new Map() }
    modem.watch((event) => {
      if (event !== 'pdp-lost') return
      made.links.clear()
      if (made.state !== 'IP INITIAL') made.state = 'PDP DEACT'
    })
    return made
  })
}

/** AT+CIPMUX: several links, and their numbers in every line. */
export function several(modem: Modem): boolean {
  return numberSetting(modem, '+CIPMUX', 0) === 1
}

/** `3, ` in front of a line where links have numbers. */
export function prefix(modem: Modem, number: number): string {
  if (!several(modem)) return ''
  return modem.quirks.linkBlank ? `${number}, ` : `${number},`
}

function start(modem: Modem, call: Call): void {
  const ip = cip(modem)
  if (call.form === 'get') {
    call.info(`+CSTT: ${setting(modem, '+CSTT', '"","",""')}`)
    call.ok()
  } else if (call.form === 'test') call.ok()
  else if (ip.state !== 'IP INITIAL') call.cme(3)
  else {
    keepSetting(modem, '+CSTT', `"${call.text(0)}","${call.text(1)}","${call.text(2)}"`)
    ip.state = 'IP START'
    call.ok()
  }
}

function bringUp(modem: Modem, call: Call): void {
  const ip = cip(modem)
  if (call.form === 'test') call.ok()
  else if (ip.state !== 'IP START') call.cme(3)
  else {
    ip.state = 'IP CONFIG'
    modem.after(modem.random.int(ACTIVATE_MS[0], ACTIVATE_MS[1]), () => {
      if (ip.state !== 'IP CONFIG') return
      ip.state = modem.online ? 'IP GPRSACT' : 'PDP DEACT'
      if (modem.online) call.ok()
      else call.error()
    })
  }
}

function localAddress(modem: Modem, call: Call): void {
  const ip = cip(modem)
  if (call.form === 'test') call.ok()
  else if (!HAS_ADDRESS.includes(ip.state)) call.cme(3)
  else {
    if (ip.state === 'IP GPRSACT') ip.state = 'IP STATUS'
    if (modem.quirks.cifsrOk) {
      call.info(modem.radio.address)
      call.ok()
    } else call.final(modem.radio.address)
  }
}

function describe(modem: Modem, number: number): string {
  const one = cip(modem).links.get(number)
  if (one === undefined) return `${number},,"","","","INITIAL"`
  return `${number},0,"TCP","${modem.resolve(one.host) || one.host}","${one.port}","${one.state}"`
}

function status(modem: Modem, call: Call): void {
  const ip = cip(modem)
  if (call.form === 'test') call.ok()
  else if (call.form === 'set') {
    const number = call.number(0)
    if (!several(modem) || !(number >= 0 && number < CIP_LINKS)) call.cme(3)
    else {
      call.info(`+CIPSTATUS: ${describe(modem, number)}`)
      call.ok()
    }
  } else {
    const lines = [`STATE: ${ip.state}`]
    if (several(modem)) for (let n = 0; n < CIP_LINKS; n++) lines.push(`C: ${describe(modem, n)}`)
    call.okThen(...lines)
  }
}

function shut(modem: Modem, call: Call): void {
  if (call.form === 'test') {
    call.ok()
    return
  }
  const ip = cip(modem)
  for (const one of ip.links.values()) one.link.close()
  ip.links.clear()
  ip.state = 'IP INITIAL'
  modem.tell('shut')
  call.final('SHUT OK')
}

function resolve(modem: Modem, call: Call, dialect: CipDialect): void {
  if (call.form !== 'set') {
    call.ok()
    return
  }
  if (!HAS_ADDRESS.includes(cip(modem).state)) {
    call.cme(3)
    return
  }
  const name = call.text(0)
  call.ok()
  modem.after(modem.random.int(RESOLVE_MS[0], RESOLVE_MS[1]), () => {
    const address = modem.resolve(name)
    modem.line(address === '' ? dialect.dnsFailure : `+CDNSGIP: 1,"${name}","${address}"`)
  })
}

function nameServers(modem: Modem, call: Call): void {
  if (call.form === 'get') {
    const [first = '', second = ''] = setting(modem, '+CDNSCFG', '211.136.112.50,211.136.150.66').split(',')
    call.info(`PrimaryDns: ${first}`)
    call.info(`SecondaryDns: ${second}`)
  } else if (call.form === 'set') keepSetting(modem, '+CDNSCFG', `${call.text(0)},${call.text(1)}`)
  call.ok()
}

/** Four requests, or the number asked for; `600` and `255` where nothing answered. */
function ping(modem: Modem, call: Call): void {
  const up = modem.online
  for (let i = 1; i <= Math.min(100, call.number(1, 4) || 0); i++) {
    const address = modem.resolve(call.text(0)) || '0.0.0.0'
    call.info(`+CIPPING: ${i},"${address}",${up ? modem.random.int(1, 9) : 600},${up ? 51 : 255}`)
  }
  call.ok()
}

/** SAPBR: the bearer profiles of SIMCom and openLuat. They carry no data here, but firmware sets them up. */
function bearer(modem: Modem, call: Call): void {
  const open = modem.slot('+SAPBR', () => new Set<number>())
  const kind = call.number(0)
  const cid = call.number(1, 1)
  if (call.form !== 'set' || kind === 3 || kind === 4) call.ok()
  else if (kind === 1 && modem.online) {
    open.add(cid)
    call.ok()
  } else if (kind === 2) {
    call.info(`+SAPBR: ${cid},${open.has(cid) ? 1 : 3},"${open.has(cid) ? modem.radio.address : '0.0.0.0'}"`)
    call.ok()
  } else if (kind === 0 && open.delete(cid)) call.ok()
  else call.cme(3)
}

export function cipTable(dialect: CipDialect): CommandTable {
  const initial = (modem: Modem): boolean => cip(modem).state === 'IP INITIAL'
  return [
    { name: '+CSTT', run: start },
    { name: '+CIICR', run: bringUp },
    { name: '+CIFSR', run: localAddress },
    { name: '+CIPSTATUS', run: status },
    { name: '+CIPSHUT', run: shut },
    { name: '+CDNSGIP', run: (modem, call) => resolve(modem, call, dialect) },
    { name: '+CDNSCFG', run: nameServers },
    { name: '+CIPPING', run: ping },
    { name: '+SAPBR', run: bearer },
    numeric('+CIPMUX', 0, { allowed: initial, refusal: 3 }),
    numeric('+CIPMODE', 0, { range: [0, 0] }),
    numeric('+CIPSSL', 0),
    ...accepted('+CIPCCFG', '+CIPSCONT', '+CIPCSGP', '+CLPORT')
  ]
}
