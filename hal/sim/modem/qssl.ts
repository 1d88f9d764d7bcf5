/** Quectel: TLS links (QSSLOPEN, QSSLSEND, QSSLRECV), their settings (QSSLCFG) and files (QFUPL). */
import { LinkCode } from '../../hal.js'
import { contexts } from './base.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { note, QI_LINKS, qiError, QiError, quectelRead, quectelSend, quectelState } from './qi.js'
import { closeSlot, openSlot, slots, type Slot } from './sockets.js'
import { tlsOptions, type TlsResult } from './tls.js'

const CONTEXTS = 6
const READ_MAX = 1500
const FILE_LIMIT = 65536
const FILES_LIMIT = 64
const SETTINGS = ['sslversion', 'ciphersuite', 'cacert', 'clientcert', 'clientkey', 'seclevel', 'session', 'sni', 'checkhost', 'ignorelocaltime', 'ignoreinvalidcertsign', 'negotiatetime', 'validatecertchain', 'closetimemode', 'dtls']
/** The handshake failed, in QIGETERROR's numbers. */
const HANDSHAKE = 579

const map = (modem: Modem): Map<number, Slot> => slots(modem, 'qsslopen')

function contextSettings(modem: Modem, context: number): Map<string, string> {
  return modem.slot(`+QSSLCFG ${context}`, () => new Map<string, string>())
}

/** `UFS:ca.pem` and `ca.pem` are one file. */
function fileName(text: string): string {
  return text.startsWith('UFS:') ? text.substring(4) : text
}

/** The TLS options of an SSL context. */
export function qsslContext(modem: Modem, context: number, host: string): TlsResult {
  const one = contextSettings(modem, context)
  const file = (name: string): string => fileName(one.get(name) ?? '')
  return tlsOptions(modem, { level: Number(one.get('seclevel') ?? 0), ca: file('cacert'), cert: file('clientcert'), key: file('clientkey'), servername: one.get('sni') === '1' ? host : '' })
}

function configure(modem: Modem, call: Call): void {
  const name = call.text(0).toLowerCase()
  const context = call.number(1)
  if (call.form !== 'set') call.ok()
  else if (!SETTINGS.includes(name) || !(context >= 0 && context < CONTEXTS)) call.error()
  else {
    const one = contextSettings(modem, context)
    if (call.count === 2) call.info(`+QSSLCFG: "${name}",${context},${one.get(name) ?? '0'}`)
    else one.set(name, call.text(2))
    call.ok()
  }
}

function open(modem: Modem, call: Call): void {
  const context = call.number(1)
  const number = call.number(2)
  const host = call.text(3)
  const port = call.number(4)
  const mode = call.number(5, 0)
  const links = map(modem)
  if (call.form !== 'set') {
    call.ok()
    return
  }
  if (!(context >= 0 && context < CONTEXTS && number >= 0 && number < QI_LINKS && host !== '' && port >= 1 && port <= 65535 && (mode === 0 || mode === 1))) {
    note(modem, QiError.Parameter)
    call.error()
    return
  }
  call.ok()
  if (!contexts(modem).has(call.number(0))) modem.line(`+QSSLOPEN: ${number},${note(modem, QiError.ContextBroken)}`)
  else if (links.has(number)) modem.line(`+QSSLOPEN: ${number},${note(modem, QiError.Identity)}`)
  else {
    openSlot(modem, links, { number, host, port, push: mode === 1, ...qsslContext(modem, context, host) }, {
      opened: (slot, code) => {
        const failed = code === LinkCode.TlsFailed || code === LinkCode.TlsCertificate ? HANDSHAKE : qiError(code)
        modem.line(`+QSSLOPEN: ${slot.number},${note(modem, code === 0 ? QiError.Ok : failed)}`)
      },
      notice: (slot) => modem.line(`+QSSLURC: "recv",${slot.number}`),
      pushed: (slot, bytes) => modem.data(`\r\n+QSSLURC: "recv",${slot.number},${bytes.length}\r\n${bytes}\r\n`),
      closed: (slot) => modem.line(`+QSSLURC: "closed",${slot.number}`)
    }, READ_MAX)
  }
}

/** The sum that QFUPL answers: 16-bit words, exclusive or. */
function checksum(bytes: string): string {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum ^= (bytes.charCodeAt(i) << 8) | (i + 1 < bytes.length ? bytes.charCodeAt(i + 1) : 0)
  return sum.toString(16)
}

function upload(modem: Modem, call: Call): void {
  const name = fileName(call.text(0))
  const length = call.number(1)
  const full = modem.files.size >= FILES_LIMIT && !modem.files.has(name)
  if (call.form !== 'set') call.ok()
  else if (name === '' || full || !(length >= 1 && length <= FILE_LIMIT)) call.cme(400)
  else if (modem.files.has(name)) call.cme(407)
  else {
    call.prompt({
      length, invitation: '\r\nCONNECT\r\n', timeoutMs: call.number(2, 5) * 1000,
      done: (bytes) => {
        modem.files.set(name, bytes)
        call.info(`+QFUPL: ${bytes.length},${checksum(bytes)}`)
        call.ok()
      },
      aborted: () => call.cme(421)
    })
  }
}

export const qsslTable: CommandTable = [
  { name: '+QSSLCFG', run: configure },
  { name: '+QSSLOPEN', run: open },
  { name: '+QSSLSEND', run: (modem, call) => {
    if (call.form === 'set') quectelSend(modem, call, map(modem).get(call.number(0)), call.given(1) ? call.number(1) : -1)
    else call.ok()
  } },
  { name: '+QSSLRECV', run: (modem, call) => {
    if (call.form === 'set') quectelRead(call, map(modem).get(call.number(0)), call.number(1, READ_MAX))
    else call.ok()
  } },
  { name: '+QSSLSTATE', run: (modem, call) => {
    for (const slot of map(modem).values()) call.info(`+QSSLSTATE: ${slot.number},"SSLClient","${slot.host}",${slot.port},0,${quectelState(slot)},1,${slot.number},${slot.push ? 1 : 0},"uart1",1`)
    call.ok()
  } },
  { name: '+QSSLCLOSE', run: (modem, call) => {
    if (call.form === 'set') closeSlot(map(modem), call.number(0))
    call.ok()
  } },
  { name: '+QFUPL', run: upload },
  { name: '+QFDEL', run: (modem, call) => {
    const name = fileName(call.text(0))
    if (name === '*') modem.files.clear()
    if (name === '*' || modem.files.delete(name)) call.ok()
    else call.cme(405)
  } },
  { name: '+QFLST', run: (modem, call) => {
    for (const [name, bytes] of modem.files) call.info(`+QFLST: "UFS:${name}",${bytes.length}`)
    call.ok()
  } }
]
