/** Commands that every cellular family has: identity, SIM, registration, contexts, power (3GPP TS 27.007). */
import type { Call, CommandTable } from './commands.js'
import type { Modem } from './modem.js'
import { causeOf, isRegistered } from './radio.js'
import { accepted, keepSetting, numeric, setting } from './rows.js'

const IMEI = '867959033012345'
const ICCID = '89860012345678901234'
const DEFAULT_CONTEXT = 1
/** ms from AT+RESET's OK to the restart. */
const RESTART_MS = 200
const SIM_ERRORS = { missing: 10, failure: 13, busy: 14 } as const

/** True where the subscription's context is there: activated, or automatic. */
export function contextUp(modem: Modem, cid: number): boolean {
  return modem.online && (contexts(modem).has(cid) || (modem.quirks.automaticContext && cid === DEFAULT_CONTEXT))
}

/** Contexts activated by CGACT, and by what a family has for it. */
export function contexts(modem: Modem): Set<number> {
  return modem.slot('contexts', () => {
    const active = new Set<number>()
    modem.watch((event) => {
      if (event === 'pdp-lost') active.clear()
    })
    return active
  })
}

function answer(text: (modem: Modem) => string) {
  return (modem: Modem, call: Call): void => {
    if (call.form !== 'test') call.info(text(modem))
    call.ok()
  }
}

function pin(modem: Modem, call: Call): void {
  const { sim } = modem.radio
  if (call.form !== 'get') call.ok()
  else if (sim === 'ready') {
    call.info('+CPIN: READY')
    call.ok()
  } else if (sim === 'pin' || sim === 'puk') {
    call.info(sim === 'pin' ? '+CPIN: SIM PIN' : '+CPIN: SIM PUK')
    call.ok()
  } else call.cme(SIM_ERRORS[sim])
}

function registration(modem: Modem, call: Call): void {
  const domain = call.name.substring(1)
  const report = modem.slot(call.name, () => ({ n: 0 }))
  if (call.form === 'set') {
    const n = call.number(0)
    if (n >= 0 && n <= 5) {
      report.n = n
      call.ok()
    } else call.cme(53)
    return
  }
  if (call.form === 'get') {
    const stat = modem.registration.of(domain)
    const registered = isRegistered(stat)
    const cell = report.n >= 2 && registered ? `,"5A1E","0B45C02F",${modem.radio.act}` : ''
    const cause = report.n === 3 && stat === 3 ? `,,,,0,${causeOf(modem.radio)}` : ''
    call.info(`${call.name}: ${report.n},${stat}${cell}${cause}`)
  }
  call.ok()
}

function operator(modem: Modem, call: Call): void {
  const stat = modem.registration.of('CREG')
  if (call.form === 'get') call.info(isRegistered(stat) ? `+COPS: 0,0,"${modem.radio.operator}",${modem.radio.act}` : '+COPS: 0')
  call.ok()
}

function attach(modem: Modem, call: Call): void {
  if (call.form === 'get') {
    call.info(`+CGATT: ${isRegistered(modem.registration.of('CGREG')) && modem.radio.attached && !modem.registration.detached ? 1 : 0}`)
    call.ok()
  } else if (call.form === 'set' && call.number(0) === 0) {
    modem.registration.detached = true
    modem.loseContext()
    call.ok()
  } else if (call.form === 'set' && call.number(0) === 1) {
    modem.registration.detached = false
    modem.radio.attached = true
    if (isRegistered(modem.registration.of('CGREG'))) call.ok()
    else call.cme(148)
  } else call.ok()
}

function defineContext(modem: Modem, call: Call): void {
  const apns = modem.slot('apns', () => new Map<number, string>([[DEFAULT_CONTEXT, '']]))
  if (call.form === 'get') {
    for (const [cid, apn] of apns) {
      const up = contextUp(modem, cid)
      call.info(`+CGDCONT: ${cid},"IP","${up && apn === '' ? modem.radio.apn : apn}","${up ? modem.radio.address : ''}",0,0`)
    }
  } else if (call.form === 'set') {
    const cid = call.number(0)
    if (!(cid >= 1 && cid <= 15)) {
      call.cme(53)
      return
    }
    apns.set(cid, call.text(2))
  }
  call.ok()
}

function activate(modem: Modem, call: Call): void {
  const active = contexts(modem)
  if (call.form === 'get') for (const cid of active) call.info(`+CGACT: ${cid},1`)
  if (call.form === 'set' && call.number(0) === 1 && !modem.online) {
    call.cme(modem.radio.apnAccepted ? 148 : 149)
    return
  }
  if (call.form === 'set') {
    const cid = call.number(1, DEFAULT_CONTEXT)
    if (call.number(0) === 1) active.add(cid)
    else if (active.delete(cid)) modem.loseContext()
  }
  call.ok()
}

function address(modem: Modem, call: Call): void {
  const cid = call.number(0, DEFAULT_CONTEXT)
  if (call.form !== 'test') call.info(`+CGPADDR: ${cid}${contextUp(modem, cid) ? `,${modem.radio.address}` : ''}`)
  call.ok()
}

function functionality(modem: Modem, call: Call): void {
  if (call.form === 'get') call.info(`+CFUN: ${modem.registration.functionality}`)
  if (call.form !== 'set') {
    call.ok()
    return
  }
  const level = call.number(0)
  if (level !== 0 && level !== 1 && level !== 4) {
    call.cme(53)
    return
  }
  if (level !== modem.registration.functionality) {
    if (level === 1) modem.registration.search()
    else if (modem.online) modem.loseContext()
  }
  const before = modem.registration.all()
  modem.registration.functionality = level
  call.ok()
  modem.registration.report(before)
  if (call.number(1, 0) === 1) restart(modem, 'AT+CFUN')
}

function restart(modem: Modem, why: string): void {
  modem.after(RESTART_MS, () => modem.power.boot(why))
}

function save(modem: Modem, call: Call): void {
  modem.saved.set('echo', modem.echoes ? '1' : '0')
  modem.saved.set('baud', setting(modem, '+IPR', String(modem.baud)))
  call.ok()
}

function speed(modem: Modem, call: Call): void {
  if (call.form === 'get') call.info(`+IPR: ${setting(modem, '+IPR', String(modem.options.baud ?? modem.baud))}`)
  else if (call.form === 'set') {
    const baud = call.number(0)
    if (!(baud === 0 || (baud >= 1200 && baud <= 921600))) {
      call.cme(53)
      return
    }
    keepSetting(modem, '+IPR', String(baud))
    modem.setBaud(baud)
  }
  call.ok()
}

export const baseTable: CommandTable = [
  { name: '', run: (_modem, call) => call.ok() },
  { name: 'E', run: (modem, call) => {
    modem.echoes = call.number(0, 0) === 1
    call.ok()
  } },
  { name: 'I', run: (modem, call) => {
    call.info(modem.family.maker)
    call.info(modem.family.model)
    call.info(`Revision: ${modem.family.revision}`)
    call.ok()
  } },
  { name: '&W', run: save },
  ...accepted('Z', '&F', 'V', 'Q', 'X', '&D', '&C', 'S'),
  { name: '+CGMI', run: answer((modem) => modem.family.maker) },
  { name: '+GMI', run: answer((modem) => modem.family.maker) },
  { name: '+CGMM', run: answer((modem) => modem.family.model) },
  { name: '+GMM', run: answer((modem) => modem.family.model) },
  { name: '+CGMR', run: answer((modem) => modem.family.revision) },
  { name: '+GMR', run: answer((modem) => modem.family.revision) },
  { name: '+CGSN', run: answer((modem) => modem.options.imei ?? IMEI) },
  { name: '+GSN', run: answer((modem) => modem.options.imei ?? IMEI) },
  { name: '+CIMI', run: (modem, call) => {
    if (modem.radio.sim === 'ready') {
      call.info('460001234567890')
      call.ok()
    } else call.cme(10)
  } },
  ...['+ICCID', '+CCID', '+QCCID', '+CICCID'].map((name) => ({ name, run: (modem: Modem, call: Call) => {
    if (modem.radio.sim === 'missing') {
      call.cme(10)
      return
    }
    call.info(`${name}: ${modem.options.iccid ?? ICCID}`)
    call.ok()
  } })),
  { name: '+CMEE', run: (modem, call) => {
    if (call.form === 'get') call.info(`+CMEE: ${modem.errors.mode}`)
    if (call.form === 'set') {
      const mode = call.number(0)
      if (!(mode >= 0 && mode <= 2)) {
        call.cme(53)
        return
      }
      modem.errors.mode = mode
    }
    call.ok()
  } },
  { name: '+CPIN', run: pin },
  { name: '+CSQ', run: answer((modem) => `+CSQ: ${modem.radio.csq},${modem.radio.csq === 99 ? 99 : 0}`) },
  // rsrp and rsrq follow from csq: a monotonous line through what a good and a bad cell show.
  { name: '+CESQ', run: answer((modem) => `+CESQ: 99,99,255,255,${modem.radio.csq === 99 ? 255 : 20},${modem.radio.csq === 99 ? 255 : Math.min(97, modem.radio.csq * 2)}`) },
  { name: '+CREG', run: registration },
  { name: '+CGREG', run: registration },
  { name: '+CEREG', run: registration },
  { name: '+COPS', run: operator },
  { name: '+CGATT', run: attach },
  { name: '+CGDCONT', run: defineContext },
  { name: '+CGACT', run: activate },
  { name: '+CGPADDR', run: address },
  { name: '+CFUN', run: functionality },
  { name: '+RESET', run: (modem, call) => {
    call.ok()
    restart(modem, 'AT+RESET')
  } },
  { name: '+CRESET', run: (modem, call) => {
    call.ok()
    restart(modem, 'AT+CRESET')
  } },
  { name: '+CPOWD', run: (modem, call) => {
    call.ok()
    modem.after(RESTART_MS, () => modem.power.shutDown())
  } },
  { name: '+IPR', run: speed },
  numeric('+IFC', 0, { range: [0, 3] }),
  ...accepted('+CGEREP', '+CTZR', '+CTZU', '+CLTS', '+CSCLK', '+CCLK', '+CGAUTH', '+CNMP', '+CMNB', '+CIPTKA', '+CTCPKA')
]
