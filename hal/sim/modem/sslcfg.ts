/** openLuat's files and TLS settings: AT+FSCREATE, AT+FSWRITE, AT+SSLCFG. Settings are in RAM, files stay. */
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { tlsOptions, type TlsResult } from './tls.js'

/** Bytes of a file. */
const FILE_LIMIT = 16384
const FILES_LIMIT = 64
const SETTINGS = ['cacert', 'clientcert', 'clientkey', 'seclevel', 'sslversion', 'ciphersuite', 'hostname', 'ignorelocaltime', 'negotiatetimeout', 'verifymode']
const CONTEXTS = [0, 1, 2, 3, 4, 5, 34, 88, 153]

function settings(modem: Modem, context: number): Map<string, string> {
  const all = modem.slot('+SSLCFG', () => new Map<number, Map<string, string>>())
  let one = all.get(context)
  if (one === undefined) {
    one = new Map()
    all.set(context, one)
  }
  return one
}

/** The TLS options of a context: 88 is MQTT, 0 to 5 are the TCP links. */
export function sslContext(modem: Modem, context: number): TlsResult {
  const one = settings(modem, context)
  const text = (name: string): string => one.get(name) ?? ''
  return tlsOptions(modem, {
    level: Number(one.get('seclevel') ?? 0), ca: text('cacert'), cert: text('clientcert'), key: text('clientkey'), servername: text('hostname')
  })
}

function configure(_modem: Modem, call: Call): void {
  if (call.form !== 'set') {
    call.ok()
    return
  }
  const name = call.text(0).toLowerCase()
  const context = call.number(1)
  if (!SETTINGS.includes(name) || !CONTEXTS.includes(context)) {
    call.cme(53)
    return
  }
  const one = settings(_modem, context)
  if (call.count === 2) call.info(`+SSLCFG: "${name}",${context},${one.get(name) ?? ''}`)
  else if (call.given(2)) one.set(name, call.text(2))
  // A comma with nothing behind it erases the setting.
  else one.delete(name)
  call.ok()
}

export const sslcfgTable: CommandTable = [
  { name: '+SSLCFG', run: configure },
  { name: '+FSCREATE', run: (modem, call) => {
    const name = call.text(0)
    if (name === '' || modem.files.has(name) || modem.files.size >= FILES_LIMIT) call.cme(3)
    else {
      modem.files.set(name, '' as typeof name)
      call.ok()
    }
  } },
  { name: '+FSWRITE', run: (modem, call) => {
    const name = call.text(0)
    const old = modem.files.get(name)
    const length = call.number(2)
    if (old === undefined || !(length >= 1 && length <= FILE_LIMIT)) {
      call.cme(3)
      return
    }
    call.prompt({
      length, timeoutMs: call.number(3, 10) * 1000,
      done: (bytes) => {
        modem.files.set(name, (call.number(1) === 1 ? old + bytes : bytes) as typeof bytes)
        call.ok()
      }
    })
  } },
  { name: '+FSDEL', run: (modem, call) => {
    if (modem.files.delete(call.text(0))) call.ok()
    else call.cme(3)
  } },
  { name: '+FSLS', run: (modem, call) => {
    for (const name of modem.files.keys()) call.info(name)
    call.ok()
  } }
]
