/** SIM7600 and A7670: the network service (NETOPEN), TCP links (CIPOPEN, CIPSEND, CIPRXGET, CIPCLOSE). */
import { LinkCode, type Bytes } from '../../hal.js'
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { accepted, keepSetting, numberSetting, numeric, toHex } from './rows.js'
import { closeSlot, openSlot, slots, type Slot } from './sockets.js'

export const NET_LINKS = 10
const SEND_MAX = 1500
const READ_MAX = 1500
const READ_HEX_MAX = 750
const NET_OPEN_MS = [200, 900] as const

/** The error numbers of CIPOPEN, CIPSEND and IPCLOSE. */
const enum NetError { Ok = 0, Network = 1, NotOpened = 2, Parameter = 3, Unsupported = 4, Create = 5, Busy = 8, Opened = 9, Timeout = 10, Dns = 11, Unknown = 255 }

function errorOf(code: number): number {
  if (code === LinkCode.DnsFailed) return NetError.Dns
  if (code === LinkCode.TcpTimeout) return NetError.Timeout
  if (code === LinkCode.NoSocket) return NetError.Create
  return NetError.Network
}

interface Service { open: boolean }

export function service(modem: Modem): Service {
  return modem.slot('netopen', () => {
    const made: Service = { open: false }
    modem.watch((event) => {
      if (event === 'pdp-lost') made.open = false
    })
    return made
  })
}

const map = (modem: Modem): Map<number, Slot> => slots(modem, 'cipopen')
const manual = (modem: Modem): boolean => numberSetting(modem, '+CIPRXGET', 0) === 1

function netOpen(modem: Modem, call: Call): void {
  const net = service(modem)
  if (call.form === 'get') {
    call.info(`+NETOPEN: ${net.open ? 1 : 0}`)
    call.ok()
  } else if (call.form === 'test') call.ok()
  else if (net.open) {
    call.info('+IP ERROR: Network is already opened')
    call.error()
  } else {
    call.ok()
    modem.after(modem.random.int(NET_OPEN_MS[0], NET_OPEN_MS[1]), () => {
      net.open = modem.online
      modem.line(`+NETOPEN: ${net.open ? 0 : 1}`)
    })
  }
}

function netClose(modem: Modem, call: Call): void {
  const net = service(modem)
  if (call.form !== 'run') call.ok()
  else if (!net.open) {
    call.info(`+NETCLOSE: ${NetError.NotOpened}`)
    call.error()
  } else {
    for (const number of [...map(modem).keys()]) closeSlot(map(modem), number)
    net.open = false
    modem.tell('shut')
    call.okThen('+NETCLOSE: 0')
  }
}

/** A result that is not OK: its line before ERROR, or behind OK. */
function fail(modem: Modem, call: Call, line: string, known: boolean): void {
  if (known || modem.quirks.openErrorOrder === 'result-then-error') {
    call.info(line)
    call.error()
  } else call.okThen(line)
}

function open(modem: Modem, call: Call): void {
  const links = map(modem)
  if (call.form === 'get') {
    for (let n = 0; n < NET_LINKS; n++) {
      const slot = links.get(n)
      call.info(slot === undefined ? `+CIPOPEN: ${n}` : `+CIPOPEN: ${n},"TCP","${slot.host}",${slot.port},-1`)
    }
    call.ok()
    return
  }
  const number = call.number(0)
  const port = call.number(3)
  if (call.form !== 'set') call.ok()
  else if (!(number >= 0 && number < NET_LINKS) || call.text(1).toUpperCase() !== 'TCP' || call.text(2) === '' || !(port >= 1 && port <= 65535)) call.error()
  else if (!service(modem).open) fail(modem, call, `+CIPOPEN: ${number},${NetError.NotOpened}`, true)
  else if (links.has(number)) fail(modem, call, `+CIPOPEN: ${number},${NetError.Opened}`, true)
  else {
    // Where a failure's result comes before its ERROR, the command has no OK until it is known.
    const late = modem.quirks.openErrorOrder === 'result-then-error'
    if (!late) call.ok()
    openSlot(modem, links, { number, host: call.text(2), port, push: !manual(modem) }, {
      opened: (slot, code) => {
        const line = `+CIPOPEN: ${slot.number},${code === 0 ? NetError.Ok : errorOf(code)}`
        if (!late) modem.line(line)
        else if (code === 0) call.okThen(line)
        else fail(modem, call, line, true)
      },
      notice: (slot) => modem.line(`+CIPRXGET: 1,${slot.number}`),
      pushed: (slot, bytes) => {
        const from = numberSetting(modem, '+CIPSRIP', 1) === 1 ? `\r\nRECV FROM:${modem.resolve(slot.host) || slot.host}:${slot.port}` : ''
        if (numberSetting(modem, '+CIPHEAD', 1) === 1) modem.data(`${from}\r\n+IPD${bytes.length}\r\n${bytes}`)
        else modem.data(bytes)
      },
      closed: (slot, code) => {
        modem.line(`+IPCLOSE: ${slot.number},${code === LinkCode.TcpTimeout ? 2 : code === LinkCode.Reset ? 3 : 1}`)
        // What was received can be fetched until the number is opened again.
        if (slot.link.pending === 0) links.delete(slot.number)
      }
    }, SEND_MAX)
  }
}

function transmit(modem: Modem, call: Call, slot: Slot, bytes: Bytes): void {
  const { number } = slot
  const failed = (error: number): void => {
    call.info(`+CIPERROR: ${error}`)
    call.error()
  }
  if (slot.link.state !== 'open') failed(NetError.NotOpened)
  else if (modem.refuses('CIPSEND')) failed(NetError.Network)
  else if (slot.link.write(bytes)) call.okThen(`+CIPSEND: ${number},${bytes.length},${bytes.length}`)
  // No room: none of it was taken. The manual as we remember it; unverified.
  else call.okThen(`+CIPSEND: ${number},${bytes.length},0`)
}

function send(modem: Modem, call: Call): void {
  const slot = map(modem).get(call.number(0))
  const length = call.given(1) ? call.number(1) : -1
  if (call.form !== 'set') call.ok()
  else if (slot === undefined || slot.state !== 'open') {
    call.info(`+CIPERROR: ${NetError.NotOpened}`)
    call.error()
  } else if (length !== -1 && !(length >= 1 && length <= SEND_MAX)) call.error()
  else {
    // A blank behind the prompt is not said to be there.
    call.prompt({ length, limit: SEND_MAX, invitation: '\r\n>', escape: true, done: (bytes) => transmit(modem, call, slot, bytes) })
    if (modem.quirks.closedAtPrompt === 'error-at-once') slot.link.whenClosed(() => call.error())
  }
}

function get(modem: Modem, call: Call): void {
  const what = call.number(0)
  const slot = map(modem).get(call.number(1))
  if (call.form === 'get') {
    call.info(`+CIPRXGET: ${manual(modem) ? 1 : 0}`)
    call.ok()
  } else if (call.form !== 'set') call.ok()
  else if (what === 0 || what === 1) {
    keepSetting(modem, '+CIPRXGET', String(what))
    for (const one of map(modem).values()) one.push = what === 0
    call.ok()
  } else if (slot === undefined || !manual(modem)) {
    call.info('+IP ERROR: No data')
    call.error()
  } else if (what === 4) {
    call.info(`+CIPRXGET: 4,${slot.number},${slot.link.pending}`)
    call.ok()
  } else if (what === 2 || what === 3) {
    const most = what === 3 ? READ_HEX_MAX : READ_MAX
    const length = call.number(2, most)
    if (!(length >= 1 && length <= most)) {
      call.error()
      return
    }
    if (slot.link.pending === 0) {
      call.info('+IP ERROR: No data')
      call.error()
      return
    }
    slot.noticed = false
    const bytes = slot.link.read(length)
    call.data(`\r\n+CIPRXGET: ${what},${slot.number},${bytes.length},${slot.link.pending}\r\n${what === 3 ? toHex(bytes) : bytes}`)
    call.ok()
    if (slot.state === 'closed' && slot.link.pending === 0) map(modem).delete(slot.number)
  } else call.error()
}

function close(modem: Modem, call: Call): void {
  const number = call.number(0)
  if (call.form === 'get') {
    const states = Array.from({ length: NET_LINKS }, (_, n) => (map(modem).get(n)?.state === 'open' ? 1 : 0))
    call.info(`+CIPCLOSE: ${states.join(',')}`)
    call.ok()
  } else if (call.form !== 'set') call.ok()
  else if (closeSlot(map(modem), number)) call.okThen(`+CIPCLOSE: ${number},0`)
  else {
    call.info(`+CIPCLOSE: ${number},${NetError.NotOpened}`)
    call.error()
  }
}

export const netOpenTable: CommandTable = [
  { name: '+NETOPEN', run: netOpen },
  { name: '+NETCLOSE', run: netClose },
  { name: '+IPADDR', run: (modem, call) => {
    if (service(modem).open) {
      call.info(`+IPADDR: ${modem.radio.address}`)
      call.ok()
    } else {
      call.info('+IP ERROR: Network not opened')
      call.error()
    }
  } },
  { name: '+CIPOPEN', run: open },
  { name: '+CIPSEND', run: send },
  { name: '+CIPRXGET', run: get },
  { name: '+CIPCLOSE', run: close },
  { name: '+CIPACK', run: (modem, call) => {
    const slot = map(modem).get(call.number(0))
    if (slot === undefined) call.error()
    else {
      call.info(`+CIPACK: ${slot.link.sent},${slot.link.sent - slot.link.unacked},${slot.link.received}`)
      call.ok()
    }
  } },
  { name: '+CDNSGIP', run: (modem, call) => {
    const address = modem.online ? modem.resolve(call.text(0)) : ''
    if (address === '') {
      call.info('+CDNSGIP: 0,10')
      call.error()
    } else {
      call.info(`+CDNSGIP: 1,"${call.text(0)}","${address}"`)
      call.ok()
    }
  }, latencyMs: [40, 300] },
  numeric('+CIPHEAD', 1),
  numeric('+CIPSRIP', 1),
  numeric('+CIPMODE', 0, { range: [0, 0] }),
  ...accepted('+CIPTIMEOUT', '+CIPSENDMODE', '+CIPCCFG', '+CSOCKSETPN', '+CGSOCKCONT', '+CDNSCFG')
]
