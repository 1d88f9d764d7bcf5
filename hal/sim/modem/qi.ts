/** Quectel: contexts (QICSGP, QIACT, QIDEACT) and TCP links (QIOPEN, QISEND, QIRD, QICLOSE). */
import { LinkCode, type Bytes } from '../../hal.js'
import { contexts } from './base.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { accepted, keepSetting, setting } from './rows.js'
import { closeSlot, openSlot, slots, type Slot } from './sockets.js'

export const QI_LINKS = 12
const SEND_MAX = 1460
const READ_MAX = 1500
const ACTIVATE_MS = [300, 1500] as const
const RESOLVE_MS = [40, 300] as const

/** Results of QIOPEN, and what QIGETERROR tells of the last. */
export const enum QiError {
  Ok = 0, Unknown = 550, Parameter = 552, Memory = 553, Create = 554, NotSupported = 555, Identity = 563, Dns = 565, Connect = 566,
  Busy = 568, Timeout = 570, ContextBroken = 571, NoApn = 574
}

const TEXTS: Readonly<Record<number, string>> = {
  0: 'operate successfully', 550: 'unknown error', 552: 'invalid parameters', 553: 'memory not enough', 554: 'create socket failed', 563: 'socket identity has been used',
  565: 'DNS parse failed', 566: 'socket connect failed', 570: 'operation timeout', 571: 'PDP context broken down'
}

/** Remembers what QIGETERROR answers. */
export function note(modem: Modem, error: number): number {
  keepSetting(modem, '+QIGETERROR', String(error))
  return error
}

export function qiError(code: number): number {
  if (code === LinkCode.DnsFailed) return QiError.Dns
  if (code === LinkCode.TcpTimeout) return QiError.Timeout
  return code === LinkCode.NoSocket ? QiError.Create : QiError.Connect
}

const map = (modem: Modem): Map<number, Slot> => slots(modem, 'qiopen')

function activate(modem: Modem, call: Call): void {
  const active = contexts(modem)
  if (call.form === 'get') {
    for (const cid of active) call.info(`+QIACT: ${cid},1,1,"${modem.radio.address}"`)
    call.ok()
    return
  }
  const cid = call.number(0)
  if (call.form !== 'set') call.ok()
  else if (!(cid >= 1 && cid <= 16) || active.has(cid)) call.error()
  else {
    modem.after(modem.random.int(ACTIVATE_MS[0], ACTIVATE_MS[1]), () => {
      if (modem.online) {
        active.add(cid)
        call.ok()
      } else {
        note(modem, QiError.ContextBroken)
        call.error()
      }
    })
  }
}

/** No unsolicited line: the host asked for it. */
function deactivate(modem: Modem, call: Call): void {
  const cid = call.number(0)
  if (call.form === 'set' && contexts(modem).delete(cid)) {
    modem.closeLinks()
    map(modem).clear()
    modem.tell('shut')
  }
  call.ok()
}

function open(modem: Modem, call: Call): void {
  const cid = call.number(0)
  const number = call.number(1)
  const port = call.number(4)
  const mode = call.number(6, 0)
  const links = map(modem)
  if (call.form !== 'set') {
    call.ok()
    return
  }
  const good = number >= 0 && number < QI_LINKS && call.text(2).toUpperCase() === 'TCP' && call.text(3) !== '' && port >= 1 && port <= 65535 && (mode === 0 || mode === 1)
  if (!good) {
    note(modem, QiError.Parameter)
    call.error()
    return
  }
  call.ok()
  if (!contexts(modem).has(cid)) modem.line(`+QIOPEN: ${number},${note(modem, QiError.ContextBroken)}`)
  else if (links.has(number)) modem.line(`+QIOPEN: ${number},${note(modem, QiError.Identity)}`)
  else {
    openSlot(modem, links, { number, host: call.text(3), port, push: mode === 1 }, {
      opened: (slot, code) => modem.line(`+QIOPEN: ${slot.number},${note(modem, code === 0 ? QiError.Ok : qiError(code))}`),
      notice: (slot) => modem.line(`+QIURC: "recv",${slot.number}`),
      pushed: (slot, bytes) => modem.data(`\r\n+QIURC: "recv",${slot.number},${bytes.length}\r\n${bytes}\r\n`),
      closed: (slot) => modem.line(`+QIURC: "closed",${slot.number}`)
    }, READ_MAX)
  }
}

/** Data for a link of QIOPEN or QSSLOPEN. A full buffer is a SEND FAIL, and the host tries again. */
export function quectelSend(modem: Modem, call: Call, slot: Slot | undefined, length: number): void {
  if (slot === undefined || slot.state !== 'open' || (length !== -1 && !(length >= 1 && length <= SEND_MAX))) {
    call.error()
    return
  }
  const done = (bytes: Bytes): void => {
    if (slot.link.state !== 'open') call.error()
    else call.final(!modem.refuses(call.name) && slot.link.write(bytes) ? 'SEND OK' : 'SEND FAIL')
  }
  call.prompt({ length, limit: SEND_MAX, escape: true, done, aborted: () => call.ok() })
  if (modem.quirks.closedAtPrompt === 'error-at-once') slot.link.whenClosed(() => call.error())
}

function send(modem: Modem, call: Call): void {
  const slot = map(modem).get(call.number(0))
  if (call.form !== 'set') call.ok()
  else if (call.given(1) && call.number(1) === 0) {
    if (slot === undefined) call.error()
    else {
      const { sent, unacked } = slot.link
      call.info(`+QISEND: ${sent},${sent - unacked},${unacked}`)
      call.ok()
    }
  } else quectelSend(modem, call, slot, call.given(1) ? call.number(1) : -1)
}

/** QIRD and QSSLRECV: the same but for the name. */
export function quectelRead(call: Call, slot: Slot | undefined, length: number): void {
  if (slot === undefined || slot.push || !(length >= 1 && length <= READ_MAX)) {
    call.error()
    return
  }
  const bytes = slot.link.read(length)
  // Announced again only after everything was fetched.
  if (slot.link.pending === 0) slot.noticed = false
  if (bytes === '') call.info(`${call.name}: 0`)
  else call.data(`\r\n${call.name}: ${bytes.length}\r\n${bytes}\r\n`)
  call.ok()
}

function read(modem: Modem, call: Call): void {
  const slot = map(modem).get(call.number(0))
  if (call.form !== 'set') call.ok()
  else if (slot !== undefined && call.given(1) && call.number(1) === 0) {
    const { received, taken, pending } = slot.link
    call.info(`+QIRD: ${received},${taken},${pending}`)
    call.ok()
  } else quectelRead(call, slot, call.number(1, READ_MAX))
}

function resolve(modem: Modem, call: Call): void {
  if (call.form !== 'set') {
    call.ok()
    return
  }
  call.ok()
  const up = contexts(modem).has(call.number(0))
  modem.after(modem.random.int(RESOLVE_MS[0], RESOLVE_MS[1]), () => {
    const address = up ? modem.resolve(call.text(1)) : ''
    if (address === '') modem.line(`+QIURC: "dnsgip",${note(modem, QiError.Dns)}`)
    else {
      modem.line('+QIURC: "dnsgip",0,1,600')
      modem.line(`+QIURC: "dnsgip","${address}"`)
    }
  })
}

/** 0 initial, 1 opening, 2 connected, 4 closing. */
export function quectelState(slot: Slot): number {
  return slot.state === 'opening' ? 1 : slot.state === 'open' ? 2 : 4
}

function state(modem: Modem, call: Call): void {
  for (const slot of map(modem).values()) {
    if (call.form === 'set' && call.number(0) === 1 && call.number(1) !== slot.number) continue
    call.info(`+QISTATE: ${slot.number},"TCP","${modem.resolve(slot.host) || slot.host}",${slot.port},0,${quectelState(slot)},1,${slot.number},${slot.push ? 1 : 0},"uart1"`)
  }
  call.ok()
}

export const qiTable: CommandTable = [
  { name: '+QIACT', run: activate },
  { name: '+QIDEACT', run: deactivate },
  { name: '+QIOPEN', run: open },
  { name: '+QISEND', run: send },
  { name: '+QIRD', run: read },
  { name: '+QISTATE', run: state },
  { name: '+QICLOSE', run: (modem, call) => {
    if (call.form === 'set') closeSlot(map(modem), call.number(0))
    call.ok()
  } },
  { name: '+QIDNSGIP', run: resolve },
  { name: '+QIGETERROR', run: (modem, call) => {
    const error = Number(setting(modem, '+QIGETERROR', '0'))
    call.info(`+QIGETERROR: ${error},${TEXTS[error] ?? 'unknown error'}`)
    call.ok()
  } },
  ...accepted('+QICSGP', '+QICFG', '+QIDNSCFG', '+QISDE', '+QURCCFG', '+QCFG', '+QSCLK', '+QIINDI')
]
