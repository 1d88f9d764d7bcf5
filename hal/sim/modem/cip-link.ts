/** Links of openLuat and SIM800: opening (CIPSTART), sending (CIPSEND), what is confirmed (CIPACK), closing (CIPCLOSE). */
import type { Bytes } from '../../hal.js'
import { cip, CIP_LINKS, prefix, several, type CipDialect, type CipLink } from './cip.js'
import { arrived, drain } from './cip-receive.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { numberSetting, numeric } from './rows.js'
import { sslContext } from './sslcfg.js'

/** Bytes of one CIPSEND. */
const SEND_MAX = 1460
const HOST_LIMIT = 128

function refuse(modem: Modem, number: number): void {
  if (!several(modem)) modem.line(`STATE: ${cip(modem).state}`)
  modem.line(`${prefix(modem, number)}CONNECT FAIL`)
}

function connect(modem: Modem, call: Call, dialect: CipDialect): void {
  if (call.form !== 'set') {
    call.ok()
    return
  }
  const ip = cip(modem)
  const shift = several(modem) ? 1 : 0
  const number = several(modem) ? call.number(0) : 0
  const host = call.text(shift + 1)
  const port = call.number(shift + 2)
  const good = number >= 0 && number < CIP_LINKS && call.text(shift).toUpperCase() === 'TCP' && host !== '' && host.length <= HOST_LIMIT && port >= 1 && port <= 65535
  if (!good) {
    call.cme(53)
    return
  }
  const old = ip.links.get(number)
  if (old?.state === 'CONNECTED' || old?.state === 'CONNECTING') {
    call.okThen(`${prefix(modem, number)}ALREADY CONNECT`)
    return
  }
  const allowed = several(modem) ? ['IP STATUS', 'IP PROCESSING'] : ['IP INITIAL', 'IP STATUS', 'TCP CLOSED']
  if (!allowed.includes(ip.state)) {
    call.cme(3)
    return
  }
  call.ok()
  if (!modem.online) {
    modem.after(modem.random.int(200, 2000), () => refuse(modem, number))
    return
  }
  const secure = numberSetting(modem, '+CIPSSL', 0) === 1 ? sslContext(modem, number) : undefined
  const state = (single: typeof ip.state): void => {
    ip.state = several(modem) ? 'IP PROCESSING' : single
  }
  const one: CipLink = { host, port, state: 'CONNECTING', noticed: false, link: modem.open(number, { host, port, ...(secure === undefined ? {} : { tls: secure.tls }) }, {
    opened: () => {
      one.state = 'CONNECTED'
      state('CONNECT OK')
      modem.line(`${prefix(modem, number)}CONNECT OK`)
    },
    failed: () => {
      one.state = 'CLOSED'
      state('TCP CLOSED')
      refuse(modem, number)
    },
    data: () => arrived(modem, dialect, number, one),
    closed: () => {
      drain(modem, dialect, number, one)
      one.state = 'CLOSED'
      state('TCP CLOSED')
      modem.line(`${prefix(modem, number)}CLOSED`)
    }
  }, secure?.refused) }
  ip.links.set(number, one)
  state('TCP CONNECTING')
}

/** Data of a CIPSEND: what becomes of it, and the final that says so. */
function transmit(modem: Modem, call: Call, dialect: CipDialect, number: number, one: CipLink, bytes: Bytes): void {
  const front = prefix(modem, number)
  const fail = (): void => call.final(`${front}SEND FAIL`)
  if (one.link.state !== 'open') {
    call.error()
    return
  }
  if (modem.refuses('CIPSEND')) {
    fail()
    return
  }
  if (!one.link.write(bytes)) {
    // No room: the module waits with its answer until there is.
    one.link.whenSent(false, (good) => {
      if (good) transmit(modem, call, dialect, number, one, bytes)
      else fail()
    })
    return
  }
  const mode = numberSetting(modem, '+CIPQSEND', 0)
  if (mode === 1) call.final(several(modem) ? `DATA ACCEPT:${number},${bytes.length}` : `DATA ACCEPT:${bytes.length}`)
  else {
    const slow = mode === 2 || dialect.slowByDefault
    one.link.whenSent(slow, (good) => call.final(good ? `${front}SEND OK` : `${front}SEND FAIL`))
  }
}

function send(modem: Modem, call: Call, dialect: CipDialect): void {
  const mux = several(modem)
  if (call.form === 'get' || call.form === 'test') {
    call.info(mux ? `+CIPSEND: <0-${CIP_LINKS - 1}>,${SEND_MAX}` : `+CIPSEND: ${SEND_MAX}`)
    call.ok()
    return
  }
  const number = mux ? call.number(0) : 0
  const length = call.given(mux ? 1 : 0) ? call.number(mux ? 1 : 0) : -1
  const one = cip(modem).links.get(number)
  if (one === undefined || one.link.state !== 'open') call.cme(3)
  else if (length !== -1 && !(length >= 1 && length <= SEND_MAX)) call.cme(53)
  else {
    call.prompt({
      length, limit: SEND_MAX, escape: true,
      done: (bytes) => transmit(modem, call, dialect, number, one, bytes),
      aborted: () => call.ok()
    })
    if (modem.quirks.closedAtPrompt === 'error-at-once') one.link.whenClosed(() => call.error())
  }
}

function close(modem: Modem, call: Call): void {
  if (call.form === 'test') {
    call.ok()
    return
  }
  const ip = cip(modem)
  const number = several(modem) ? call.number(0) : 0
  const one = ip.links.get(number)
  if (one === undefined || (one.state !== 'CONNECTED' && one.state !== 'CONNECTING')) {
    call.error()
    return
  }
  one.state = 'CLOSED'
  one.link.close()
  ip.links.delete(number)
  if (!several(modem)) ip.state = 'TCP CLOSED'
  call.final(`${prefix(modem, number)}CLOSE OK`)
}

function confirmed(modem: Modem, call: Call): void {
  const one = cip(modem).links.get(several(modem) ? call.number(0) : 0)
  if (call.form === 'test') call.ok()
  else if (one === undefined) call.cme(3)
  else {
    const { sent, unacked } = one.link
    call.info(`+CIPACK: ${sent},${sent - unacked},${unacked}`)
    call.ok()
  }
}

export function cipLinkTable(dialect: CipDialect): CommandTable {
  return [
    { name: '+CIPSTART', run: (modem, call) => connect(modem, call, dialect) },
    { name: '+CIPSEND', run: (modem, call) => send(modem, call, dialect) },
    { name: '+CIPCLOSE', run: close },
    { name: '+CIPACK', run: confirmed },
    numeric('+CIPQSEND', 0, { range: [0, dialect.slowByDefault ? 1 : 2] })
  ]
}
