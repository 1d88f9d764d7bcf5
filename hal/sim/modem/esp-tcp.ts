/** ESP-AT: links (CIPSTART, CIPSEND, CIPRECVDATA, CIPCLOSE), names, and TLS settings. */
import { LinkCode, type Bytes } from '../../hal.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { accepted, keepSetting, numberSetting, setting } from './rows.js'
import { closeSlot, openSlot, slots, type Slot } from './sockets.js'
import { tlsOptions, type TlsResult } from './tls.js'

const LINKS = 5
/** The number that means all of them. */
const ALL = 5
/** ms that a send may wait for room. */
const SEND_MS = 10000
const HOST_LIMIT = 64
const SEND_MAX = 8192
const OLD_SEND_MAX = 2048
const READ_MAX = 5760
const PUSH_MAX = 2920
/** Bytes of a certificate that SYSMFG takes. */
const FILE_LIMIT = 8192
const FILES_LIMIT = 16

const map = (modem: Modem): Map<number, Slot> => slots(modem, 'cipstart')

function several(modem: Modem): boolean {
  return numberSetting(modem, '+CIPMUX', 0) === 1
}

function front(modem: Modem, number: number): string {
  return several(modem) ? `${number},` : ''
}

function passive(modem: Modem, number: number): boolean {
  return setting(modem, `+CIPRECVTYPE ${number}`, '0') === '1'
}

/** ERROR, with the cause before it where AT+SYSLOG=1. */
export function failed(modem: Modem, call: Call, cause = ''): void {
  if (cause !== '') call.info(cause)
  if (numberSetting(modem, '+SYSLOG', 0) === 1) call.info('ERR CODE:0x010b0000')
  call.error()
}

/** CIPSSLCCONF: 0 nothing, 1 we identify ourselves, 2 the server is checked, 3 both. */
function sslContext(modem: Modem, number: number): TlsResult {
  const mode = setting(modem, `+CIPSSLCCONF ${number}`, '0')
  return tlsOptions(modem, {
    level: mode === '3' ? 2 : mode === '2' ? 1 : 0, ca: 'client_ca.0', cert: 'client_cert.0', key: 'client_key.0',
    servername: setting(modem, `+CIPSSLCSNI ${number}`, ''), alpn: setting(modem, `+CIPSSLCALPN ${number}`, '')
  })
}

/** The end of a link, withheld while announced data waits to be fetched. */
function ended(modem: Modem, slot: Slot): void {
  if (!slot.push && slot.link.pending > 0) return
  map(modem).delete(slot.number)
  modem.line(`${front(modem, slot.number)}CLOSED`)
}

function start(modem: Modem, call: Call): void {
  const shift = several(modem) ? 1 : 0
  const number = several(modem) ? call.number(0) : 0
  const kind = call.text(shift).toUpperCase()
  const host = call.text(shift + 1)
  const port = call.number(shift + 2)
  const links = map(modem)
  const good = number >= 0 && number < LINKS && (kind === 'TCP' || kind === 'SSL') && host !== '' && host.length <= HOST_LIMIT && port >= 1 && port <= 65535
  if (call.form !== 'set' || !good) failed(modem, call)
  else if (links.has(number)) failed(modem, call, 'ALREADY CONNECTED')
  else if (!modem.online) failed(modem, call, modem.quirks.oldEsp ? 'no ip' : '')
  else {
    openSlot(modem, links, { number, host, port, push: !passive(modem, number), ...kind === 'SSL' ? sslContext(modem, number) : {} }, {
      opened: (slot, code) => {
        if (code === 0) {
          call.info(`${front(modem, slot.number)}CONNECT`)
          call.ok()
        } else if (code === LinkCode.DnsFailed) failed(modem, call, 'DNS Fail')
        else failed(modem, call, `${front(modem, slot.number)}CLOSED`)
      },
      notice: (slot) => modem.line(`+IPD,${front(modem, slot.number)}${slot.link.pending}`),
      pushed: (slot, bytes) => modem.data(`\r\n+IPD,${front(modem, slot.number)}${bytes.length}:${bytes}`),
      closed: (slot) => ended(modem, slot)
    }, PUSH_MAX)
    const limit = call.number(shift + 5)
    const link = links.get(number)?.link
    if (limit > 0) {
      modem.after(limit, () => {
        if (link?.state === 'opening') link.drop(LinkCode.TcpTimeout)
      })
    }
  }
}

function transmit(modem: Modem, call: Call, slot: Slot, bytes: Bytes): void {
  if (slot.link.state !== 'open') {
    failed(modem, call)
    return
  }
  if (modem.refuses('CIPSEND')) {
    call.final('SEND FAIL')
    return
  }
  // It waits for room, but not for ever. How long is unverified.
  const done = (good: boolean): void => {
    if (call.running) call.final(good ? 'SEND OK' : 'SEND FAIL')
  }
  modem.after(SEND_MS, () => done(false))
  if (slot.link.write(bytes)) slot.link.whenSent(false, done)
  else {
    slot.link.whenSent(false, (good) => {
      if (good && call.running && slot.link.write(bytes)) slot.link.whenSent(false, done)
      else done(false)
    })
  }
}

function send(modem: Modem, call: Call): void {
  const number = several(modem) ? call.number(0) : 0
  const length = call.number(several(modem) ? 1 : 0)
  const slot = map(modem).get(number)
  const most = modem.quirks.oldEsp ? OLD_SEND_MAX : SEND_MAX
  if (call.form !== 'set' || slot === undefined || slot.state !== 'open') failed(modem, call, 'link is not valid')
  else if (!(length >= 1 && length <= most)) failed(modem, call)
  else {
    call.prompt({ length, invitation: '\r\nOK\r\n\r\n>', done: (bytes) => {
      call.info(`Recv ${bytes.length} bytes`)
      transmit(modem, call, slot, bytes)
    } })
    if (modem.quirks.closedAtPrompt === 'error-at-once') slot.link.whenClosed(() => failed(modem, call))
  }
}

function receiveMode(modem: Modem, call: Call): void {
  if (call.form === 'get') {
    if (several(modem)) for (let n = 0; n < LINKS; n++) call.info(`${call.name}:${n},${passive(modem, n) ? 1 : 0}`)
    else call.info(`${call.name}:${passive(modem, 0) ? 1 : 0}`)
    call.ok()
    return
  }
  // The older command knows no link numbers and holds for all.
  const numbered = several(modem) && call.name === '+CIPRECVTYPE'
  const which = numbered ? call.number(0) : ALL
  const mode = call.number(numbered ? 1 : 0)
  if (call.form !== 'set' || !(which >= 0 && which <= ALL) || (mode !== 0 && mode !== 1)) {
    failed(modem, call)
    return
  }
  for (let n = 0; n < LINKS; n++) {
    if (which !== ALL && which !== n) continue
    keepSetting(modem, `+CIPRECVTYPE ${n}`, String(mode))
    const slot = map(modem).get(n)
    if (slot !== undefined) slot.push = mode === 0
  }
  call.ok()
}

function receiveData(modem: Modem, call: Call): void {
  const number = several(modem) ? call.number(0) : 0
  const length = call.number(several(modem) ? 1 : 0)
  const slot = map(modem).get(number)
  if (call.form !== 'set' || slot === undefined || slot.push || slot.link.pending === 0 || !(length >= 1)) {
    failed(modem, call)
    return
  }
  slot.noticed = false
  const bytes = slot.link.read(Math.min(length, READ_MAX))
  call.data(modem.quirks.oldEsp ? `+CIPRECVDATA,${bytes.length}:${bytes}` : `+CIPRECVDATA:${bytes.length},${bytes}`)
  modem.wire.endCounted()
  call.ok()
  // What is left is announced with the next arrival, not before: whether firmware does so earlier is unverified.
  if (slot.state === 'closed') ended(modem, slot)
}

function close(modem: Modem, call: Call): void {
  const number = several(modem) ? call.number(0) : 0
  const which = several(modem) && number === ALL ? [...map(modem).keys()] : [number]
  let closed = 0
  for (const one of which) {
    if (!closeSlot(map(modem), one)) continue
    closed += 1
    call.info(`${front(modem, one)}CLOSED`)
  }
  if (closed > 0 || number === ALL) call.ok()
  else failed(modem, call)
}

function state(modem: Modem, call: Call): void {
  const name = call.name
  if (name === '+CIPSTATUS') call.info(`STATUS:${map(modem).size > 0 ? 3 : modem.online ? 2 : 5}`)
  for (const slot of map(modem).values()) call.info(`${name}:${slot.number},"${slot.link.endpoint.tls === undefined ? 'TCP' : 'SSL'}","${modem.resolve(slot.host) || slot.host}",${slot.port},${50000 + slot.number},0`)
  call.ok()
}

/** A setting for one link, or for all where there is one link only. */
function perLink(name: string, value: (call: Call, from: number) => string) {
  return { name, run: (modem: Modem, call: Call) => {
    const from = several(modem) ? 1 : 0
    if (call.form === 'set') keepSetting(modem, `${name} ${several(modem) ? call.number(0) : 0}`, value(call, from))
    call.ok()
  } }
}

export const espTcpTable: CommandTable = [
  { name: '+CIPSTART', run: start },
  { name: '+CIPSEND', run: send },
  { name: '+CIPRECVTYPE', run: (modem, call) => {
    if (modem.quirks.oldEsp) failed(modem, call)
    else receiveMode(modem, call)
  } },
  { name: '+CIPRECVMODE', run: (modem, call) => {
    if (modem.quirks.oldEsp) receiveMode(modem, call)
    else failed(modem, call)
  } },
  { name: '+CIPRECVDATA', run: receiveData },
  { name: '+CIPRECVLEN', run: (modem, call) => {
    call.info(`+CIPRECVLEN:${Array.from({ length: LINKS }, (_, n) => map(modem).get(n)?.link.pending ?? '').join(',')}`)
    call.ok()
  } },
  { name: '+CIPCLOSE', run: close },
  { name: '+CIPSTATUS', run: state },
  { name: '+CIPSTATE', run: state },
  { name: '+CIPMUX', run: (modem, call) => {
    const mode = call.number(0)
    if (call.form === 'get') {
      call.info(`+CIPMUX:${several(modem) ? 1 : 0}`)
      call.ok()
    } else if ((mode !== 0 && mode !== 1) || map(modem).size > 0) failed(modem, call, map(modem).size > 0 ? 'link is builded' : '')
    else {
      keepSetting(modem, '+CIPMUX', String(mode))
      call.ok()
    }
  } },
  { name: '+CIPDOMAIN', latencyMs: [40, 300], run: (modem, call) => {
    const address = modem.online ? modem.resolve(call.text(0)) : ''
    if (address === '') failed(modem, call, 'DNS Fail')
    else {
      call.info(`+CIPDOMAIN:"${address}"`)
      call.ok()
    }
  } },
  perLink('+CIPSSLCCONF', (call, from) => call.text(from)),
  perLink('+CIPSSLCSNI', (call, from) => call.text(from)),
  perLink('+CIPSSLCALPN', (call, from) => call.text(from + 1)),
  { name: '+SYSMFG', run: (modem, call) => {
    const key = call.text(2)
    const length = call.number(4)
    const full = modem.files.size >= FILES_LIMIT && !modem.files.has(key)
    if (call.form !== 'set' || call.number(0) !== 2 || key === '' || full || !(length >= 1 && length <= FILE_LIMIT)) failed(modem, call)
    else {
      call.prompt({ length, invitation: '\r\n>', done: (bytes) => {
        modem.files.set(key, bytes)
        call.ok()
      } })
    }
  } },
  ...accepted('+CIPSSLCCN', '+CIPTCPOPT', '+CIPDINFO', '+CIPDNS', '+CIPRECONNINTV', '+CIPSTO')
]
