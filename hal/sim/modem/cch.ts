/** SIM7600 and A7670: TLS links (CCHSTART, CCHOPEN, CCHSEND, CCHRECV), their settings (CSSLCFG) and files (CCERTDOWN). */
import { LinkCode, type Bytes } from '../../hal.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { keepSetting, setting } from './rows.js'
import { closeSlot, openSlot, slots, type Slot } from './sockets.js'
import { tlsOptions, type TlsResult } from './tls.js'

const SESSIONS = 2
const CONTEXTS = 10
const SEND_MAX = 2048
const READ_MAX = 1500
const FILE_LIMIT = 10240
const FILES_LIMIT = 64
const START_MS = [100, 600] as const
const SETTINGS = ['sslversion', 'authmode', 'cacert', 'clientcert', 'clientkey', 'ignorelocaltime', 'negotiatetime', 'ciphersuites', 'enablesni', 'password']

/** The results of CCHOPEN and CCHSEND. */
const enum CchError { Ok = 0, PeerClosed = 4, Timeout = 5, Transfer = 6, Parameter = 8, State = 11, CreateSocket = 12, Dns = 13, Connect = 14, Handshake = 15 }

function errorOf(code: number): number {
  if (code === LinkCode.DnsFailed) return CchError.Dns
  if (code === LinkCode.TcpTimeout) return CchError.Timeout
  if (code === LinkCode.TlsFailed || code === LinkCode.TlsCertificate) return CchError.Handshake
  return code === LinkCode.NoSocket ? CchError.CreateSocket : CchError.Connect
}

interface Service { started: boolean }

const map = (modem: Modem): Map<number, Slot> => slots(modem, 'cch')

function service(modem: Modem): Service {
  return modem.slot('cchstart', () => {
    const made: Service = { started: false }
    modem.watch((event) => {
      if (event === 'pdp-lost') made.started = false
    })
    return made
  })
}

function contextSettings(modem: Modem, context: number): Map<string, string> {
  return modem.slot(`+CSSLCFG ${context}`, () => new Map<string, string>())
}

/** The TLS options of an SSL context. `authmode` is 0 none, 1 server, 2 both, 3 client alone. */
export function csslContext(modem: Modem, context: number, host: string): TlsResult {
  const one = contextSettings(modem, context)
  const text = (name: string): string => one.get(name) ?? ''
  const mode = Number(one.get('authmode') ?? 0)
  return tlsOptions(modem, { level: mode === 3 ? 0 : mode, ca: text('cacert'), cert: text('clientcert'), key: text('clientkey'), servername: text('enablesni') === '1' ? host : '' })
}

function configure(modem: Modem, call: Call): void {
  const name = call.text(0).toLowerCase()
  const context = call.number(1)
  if (call.form !== 'set') call.ok()
  else if (!SETTINGS.includes(name) || !(context >= 0 && context < CONTEXTS)) call.error()
  else {
    contextSettings(modem, context).set(name, call.text(2))
    call.ok()
  }
}

function start(modem: Modem, call: Call): void {
  const state = service(modem)
  if (call.form !== 'run') call.ok()
  else if (state.started || !modem.online) call.error()
  else {
    call.ok()
    modem.after(modem.random.int(START_MS[0], START_MS[1]), () => {
      state.started = true
      modem.line('+CCHSTART: 0')
    })
  }
}

function stop(modem: Modem, call: Call): void {
  const state = service(modem)
  if (call.form !== 'run') call.ok()
  else if (!state.started) call.error()
  else {
    for (const number of [...map(modem).keys()]) closeSlot(map(modem), number)
    state.started = false
    call.okThen('+CCHSTOP: 0')
  }
}

function open(modem: Modem, call: Call): void {
  const number = call.number(0)
  const host = call.text(1)
  const port = call.number(2)
  const links = map(modem)
  if (call.form !== 'set') call.ok()
  else if (!(number >= 0 && number < SESSIONS) || host === '' || !(port >= 1 && port <= 65535) || !service(modem).started) call.error()
  else if (links.has(number)) {
    call.info(`+CCHOPEN: ${number},${CchError.State}`)
    call.error()
  } else {
    call.ok()
    const secure = call.number(3, 2) === 2 ? csslContext(modem, Number(setting(modem, `+CCHSSLCFG ${number}`, '0')), host) : undefined
    const push = setting(modem, '+CCHSET receive', '0') === '0'
    openSlot(modem, links, { number, host, port, push, ...secure === undefined ? {} : { tls: secure.tls, refused: secure.refused } }, {
      opened: (slot, code) => modem.line(`+CCHOPEN: ${slot.number},${code === 0 ? CchError.Ok : errorOf(code)}`),
      notice: (slot) => modem.line(`+CCHEVENT: ${slot.number},RECV EVENT`),
      pushed: (slot, bytes) => modem.data(`\r\n+CCHRECV: DATA,${slot.number},${bytes.length}\r\n${bytes}`),
      closed: (slot) => {
        modem.line(`+CCH_PEER_CLOSED: ${slot.number}`)
        if (slot.link.pending === 0) links.delete(slot.number)
      }
    }, READ_MAX)
  }
}

function transmit(modem: Modem, call: Call, slot: Slot, bytes: Bytes): void {
  const result = (error: number): void => {
    // Its result is told where CCHSET asked for it; a failure is an ERROR besides.
    if (error !== CchError.Ok) {
      call.info(`+CCHSEND: ${slot.number},${error}`)
      call.error()
    } else if (setting(modem, '+CCHSET report', '0') === '1') call.okThen(`+CCHSEND: ${slot.number},0`)
    else call.ok()
  }
  if (slot.link.state !== 'open') result(CchError.PeerClosed)
  else if (modem.refuses('CCHSEND')) result(CchError.Transfer)
  else if (slot.link.write(bytes)) result(CchError.Ok)
  else {
    slot.link.whenSent(false, (good) => {
      if (good) transmit(modem, call, slot, bytes)
      else result(CchError.PeerClosed)
    })
  }
}

function send(modem: Modem, call: Call): void {
  const slot = map(modem).get(call.number(0))
  const length = call.number(1)
  if (call.form !== 'set') call.ok()
  else if (slot === undefined || slot.state !== 'open' || !(length >= 1 && length <= SEND_MAX)) call.error()
  else call.prompt({ length, invitation: '\r\n>', done: (bytes) => transmit(modem, call, slot, bytes) })
}

function receive(modem: Modem, call: Call): void {
  const links = map(modem)
  if (call.form === 'get') {
    call.info(`+CCHRECV: LEN,${links.get(0)?.link.pending ?? 0},${links.get(1)?.link.pending ?? 0}`)
    call.ok()
    return
  }
  const slot = links.get(call.number(0))
  const length = call.number(1, READ_MAX)
  if (call.form !== 'set') call.ok()
  else if (slot === undefined || slot.push || slot.link.pending === 0 || !(length >= 1 && length <= READ_MAX)) call.error()
  else {
    slot.noticed = false
    const bytes = slot.link.read(length)
    const data = `\r\n+CCHRECV: DATA,${slot.number},${bytes.length}\r\n${bytes}\r\n+CCHRECV: ${slot.number},0\r\n`
    if (modem.quirks.cchRecvOk === 'last') call.data(data)
    call.ok()
    if (modem.quirks.cchRecvOk === 'first') modem.data(data)
    if (slot.state === 'closed' && slot.link.pending === 0) links.delete(slot.number)
  }
}

function close(modem: Modem, call: Call): void {
  if (call.form !== 'set') call.ok()
  else if (closeSlot(map(modem), call.number(0))) call.okThen(`+CCHCLOSE: ${call.number(0)},0`)
  else call.error()
}

export const cchTable: CommandTable = [
  { name: '+CCHSTART', run: start },
  { name: '+CCHSTOP', run: stop },
  { name: '+CCHSET', run: (modem, call) => {
    if (call.form === 'set') {
      keepSetting(modem, '+CCHSET report', call.text(0, '0'))
      keepSetting(modem, '+CCHSET receive', call.text(1, '0'))
    }
    call.ok()
  } },
  { name: '+CCHSSLCFG', run: (modem, call) => {
    if (call.form === 'set') keepSetting(modem, `+CCHSSLCFG ${call.number(0)}`, call.text(1, '0'))
    call.ok()
  } },
  { name: '+CCHOPEN', run: open },
  { name: '+CCHSEND', run: send },
  { name: '+CCHRECV', run: receive },
  { name: '+CCHCLOSE', run: close },
  { name: '+CSSLCFG', run: configure },
  { name: '+CCERTDOWN', run: (modem, call) => {
    const length = call.number(1)
    const full = modem.files.size >= FILES_LIMIT && !modem.files.has(call.text(0))
    if (call.form !== 'set') call.ok()
    else if (call.text(0) === '' || full || !(length >= 1 && length <= FILE_LIMIT)) call.error()
    else {
      call.prompt({ length, invitation: '\r\n>', done: (bytes) => {
        modem.files.set(call.text(0), bytes)
        call.ok()
      } })
    }
  } },
  { name: '+CCERTLIST', run: (modem, call) => {
    for (const name of modem.files.keys()) call.info(`+CCERTLIST: "${name}"`)
    call.ok()
  } },
  { name: '+CCERTDELE', run: (modem, call) => {
    if (modem.files.delete(call.text(0))) call.ok()
    else call.error()
  } }
]
