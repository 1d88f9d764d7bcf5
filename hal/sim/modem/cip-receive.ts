/** What arrives on links of openLuat and SIM800: pushed as it comes, or announced and fetched with AT+CIPRXGET. */
import { cip, several, type CipDialect, type CipLink } from './cip.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { keepSetting, numberSetting, numeric, toHex } from './rows.js'

const READ_MAX = 1460
const READ_HEX_MAX = 730
/** Bytes of one pushed piece. */
const PUSH_MAX = 1460
/** Bytes that may wait for the line before more is taken from a link; what is not taken holds the peer back. */
const PUSH_PENDING = 4096
/** ms until the line is looked at again. */
const PUSH_RETRY_MS = 5

function mode(modem: Modem): number {
  return numberSetting(modem, '+CIPRXGET', 0)
}

/** A link has data. */
export function arrived(modem: Modem, dialect: CipDialect, number: number, one: CipLink): void {
  const now = mode(modem)
  if (now === 0) push(modem, dialect, number, one)
  else if (!one.noticed || now === dialect.eachArrival) {
    one.noticed = true
    modem.line(several(modem) ? `+CIPRXGET: 1,${number}` : '+CIPRXGET: 1')
  }
}

/** The link ended: what is to be pushed goes before the line that says so. */
export function drain(modem: Modem, dialect: CipDialect, number: number, one: CipLink): void {
  while (mode(modem) === 0 && one.link.pending > 0) pushPiece(modem, dialect, number, one)
}

function push(modem: Modem, dialect: CipDialect, number: number, one: CipLink): void {
  while (one.link.pending > 0) {
    if (mode(modem) !== 0) return
    if (modem.wire.pending > PUSH_PENDING) {
      modem.after(PUSH_RETRY_MS, () => push(modem, dialect, number, one))
      return
    }
    pushPiece(modem, dialect, number, one)
  }
}

function pushPiece(modem: Modem, dialect: CipDialect, number: number, one: CipLink): void {
  const bytes = one.link.read(PUSH_MAX)
  const end = dialect.lineEnds && numberSetting(modem, '+CIPRXF', 0) === 0 ? '\r\n' : ''
  if (several(modem)) modem.data(`\r\n+RECEIVE,${number},${bytes.length}:\r\n${bytes}${end}`)
  else if (numberSetting(modem, '+CIPHEAD', 0) === 1) modem.data(`\r\n+IPD,${bytes.length}:${bytes}${end}`)
  else modem.data(`${bytes}${end}`)
}

function fetch(modem: Modem, call: Call, hex: boolean): void {
  const mux = several(modem)
  const number = mux ? call.number(1) : 0
  const length = call.number(mux ? 2 : 1)
  const one = cip(modem).links.get(number)
  if (one === undefined || mode(modem) === 0) {
    call.cme(3)
    return
  }
  if (!(length >= 1 && length <= (hex ? READ_HEX_MAX : READ_MAX))) {
    call.cme(53)
    return
  }
  one.noticed = false
  const bytes = one.link.read(length)
  const id = mux ? `${number},` : ''
  // With one link the manual's table has a line end here and its example has none.
  const lineEnd = mux || modem.quirks.rxgetLineEnd ? '\r\n' : ''
  call.data(`\r\n+CIPRXGET: ${hex ? 3 : 2},${id}${bytes.length},${one.link.pending}${lineEnd}${hex ? toHex(bytes) : bytes}`)
  call.ok()
}

function unread(modem: Modem, call: Call): void {
  const mux = several(modem)
  const number = mux ? call.number(1) : 0
  const one = cip(modem).links.get(number)
  if (one === undefined || mode(modem) === 0) {
    call.cme(3)
    return
  }
  call.info(`+CIPRXGET: 4,${mux ? `${number},` : ''}${one.link.pending}`)
  call.ok()
}

function get(modem: Modem, call: Call, dialect: CipDialect): void {
  if (call.form === 'get') {
    call.info(`+CIPRXGET: ${mode(modem)}`)
    call.ok()
    return
  }
  const what = call.number(0)
  if (call.form !== 'set') call.ok()
  else if (what === 2 || what === 3) fetch(modem, call, what === 3)
  else if (what === 4) unread(modem, call)
  else if (what === 0 || what === 1 || (what === dialect.eachArrival && what !== 0)) {
    keepSetting(modem, '+CIPRXGET', String(what))
    call.ok()
  } else call.cme(53)
}

export function cipReceiveTable(dialect: CipDialect): CommandTable {
  return [
    { name: '+CIPRXGET', run: (modem, call) => get(modem, call, dialect) },
    numeric('+CIPHEAD', 0),
    ...dialect.lineEnds ? [numeric('+CIPRXF', 0, { separator: ':' })] : []
  ]
}
