/** ESP-AT: Espressif's firmware for Wi-Fi modules. No SIM and no power key; `busy p...` while a command runs. */
import type { Call, CommandTable } from './commands.js'
import { espTcpTable, failed } from './esp-tcp.js'
import type { Family } from './family.js'
import { espMqttTable } from './mqtt-esp.js'
import type { Modem } from './modem.js'
import { accepted, keepSetting, numberSetting, numeric, setting } from './rows.js'

const ADDRESS = '192.168.1.20'
const MAC = '24:0a:c4:01:02:03'
/** ms to find the access point, and then to get an address. */
const JOIN_MS = [600, 1500] as const
const ADDRESS_MS = [300, 1200] as const
/** ms until it looks for a lost access point again. */
const REJOIN_MS = 3000
const SNTP_MS = 1500
const RESTART_MS = 50
/** What CWJAP answers: 1 timeout, 2 wrong password, 3 no such access point. */
const JOIN_ERRORS = { timeout: 1, 'wrong-password': 2, 'no-ap': 3 } as const
const JOIN_TIMEOUT_MS = 15000
const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

interface Station {
  state: 'idle' | 'joining' | 'joined'
  ssid: string
  /** The attempt under way: a later one takes its place. */
  attempt: number
}

function station(modem: Modem): Station {
  return modem.slot('station', () => {
    const made: Station = { state: 'idle', ssid: '', attempt: 0 }
    modem.watch((event) => {
      if (event === 'pdp-lost' && made.state === 'joined') {
        made.state = 'idle'
        modem.after(REJOIN_MS, () => {
          if (made.state === 'idle') join(modem, made.ssid, () => undefined)
        })
      }
    })
    return made
  })
}

/** `done` gets 0, or the error of CWJAP. */
function join(modem: Modem, ssid: string, done: (error: number) => void): void {
  const wifi = station(modem)
  wifi.state = 'joining'
  wifi.ssid = ssid
  wifi.attempt += 1
  const { attempt } = wifi
  const { radio, random } = modem
  const outcome = ssid === radio.ssid ? radio.wifi : 'no-ap'
  modem.after(outcome === 'timeout' ? JOIN_TIMEOUT_MS : random.int(JOIN_MS[0], JOIN_MS[1]), () => {
    if (wifi.state !== 'joining' || wifi.attempt !== attempt) return
    if (outcome !== 'ok') {
      wifi.state = 'idle'
      modem.line('WIFI DISCONNECT')
      done(JOIN_ERRORS[outcome])
      return
    }
    modem.line('WIFI CONNECTED')
    modem.after(random.int(ADDRESS_MS[0], ADDRESS_MS[1]), () => {
      if (wifi.attempt !== attempt) return
      wifi.state = 'joined'
      modem.line('WIFI GOT IP')
      done(0)
    })
  })
}

function access(modem: Modem, call: Call): void {
  const wifi = station(modem)
  if (call.form === 'get') {
    if (wifi.state === 'joined') call.info(`+CWJAP:"${wifi.ssid}","b0:95:75:01:02:03",6,${modem.radio.rssi},0,1,3,0,1`)
    else call.info('No AP')
    call.ok()
    return
  }
  const mode = numberSetting(modem, '+CWMODE', Number(modem.saved.get('+CWMODE') ?? 0))
  if (call.form !== 'set' || call.text(0) === '' || (mode !== 1 && mode !== 3)) {
    failed(modem, call)
    return
  }
  if (wifi.state === 'joined') modem.loseContext()
  join(modem, call.text(0), (error) => {
    if (error === 0) {
      if (numberSetting(modem, '+SYSSTORE', 1) === 1) modem.saved.set('ssid', call.text(0))
      call.ok()
    } else failed(modem, call, `+CWJAP:${error}`)
  })
}

function leave(modem: Modem, call: Call): void {
  const wifi = station(modem)
  const joined = wifi.state === 'joined'
  wifi.state = 'idle'
  modem.saved.delete('ssid')
  call.ok()
  if (joined) {
    modem.closeLinks()
    modem.tell('pdp-lost')
    modem.line('WIFI DISCONNECT')
  }
}

function restart(modem: Modem, call: Call): void {
  call.ok()
  modem.after(RESTART_MS, () => modem.power.boot(call.name))
}

/** As `asctime` writes it; 1970 until the clock was set. */
function timeText(seconds: number): string {
  const days = Math.floor(seconds / 86400)
  let year = 1970
  let rest = days
  const leap = (y: number): boolean => (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0
  while (rest >= (leap(year) ? 366 : 365)) {
    rest -= leap(year) ? 366 : 365
    year += 1
  }
  const lengths = [31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  let month = 0
  while (rest >= lengths[month]!) {
    rest -= lengths[month]!
    month += 1
  }
  const two = (n: number): string => String(n).padStart(2, '0')
  const day = seconds % 86400
  return `${DAYS[days % 7]} ${MONTHS[month]} ${two(rest + 1)} ${two(Math.floor(day / 3600))}:${two(Math.floor(day / 60) % 60)}:${two(day % 60)} ${year}`
}

function clock(modem: Modem): number {
  const zone = Number(setting(modem, '+CIPSNTPCFG zone', '0')) || 0
  const known = modem.slot('sntp', () => ({ synchronised: false })).synchronised
  return known ? Math.max(0, modem.wallClock() + zone * 3600) : 0
}

const own: CommandTable = [
  { name: '', run: (_modem, call) => call.ok() },
  { name: 'E', run: (modem, call) => {
    modem.echoes = call.number(0, 0) === 1
    call.ok()
  } },
  { name: '+RST', run: restart },
  { name: '+RESTORE', run: (modem, call) => {
    modem.saved.clear()
    restart(modem, call)
  } },
  { name: '+GMR', run: (modem, call) => {
    call.info(`AT version:${modem.quirks.oldEsp ? '2.1.0.0' : modem.family.revision}(s-0000000 - ESP32C3 - Jan  1 2024 00:00:00)`)
    call.info('SDK version:v5.0')
    call.info('Bin version:v3.3.0.0(MINI-1)')
    call.ok()
  } },
  { name: '+CWMODE', run: (modem, call) => {
    const mode = call.number(0)
    if (call.form === 'get') call.info(`+CWMODE:${numberSetting(modem, '+CWMODE', Number(modem.saved.get('+CWMODE') ?? 0))}`)
    else if (call.form !== 'set' || !(mode >= 0 && mode <= 3)) {
      failed(modem, call)
      return
    } else {
      keepSetting(modem, '+CWMODE', String(mode))
      if (numberSetting(modem, '+SYSSTORE', 1) === 1) modem.saved.set('+CWMODE', String(mode))
    }
    call.ok()
  } },
  { name: '+CWJAP', run: access },
  { name: '+CWQAP', run: leave },
  { name: '+CWSTATE', run: (modem, call) => {
    const wifi = station(modem)
    call.info(`+CWSTATE:${wifi.state === 'joined' ? 2 : wifi.state === 'joining' ? 3 : 0},"${wifi.ssid}"`)
    call.ok()
  } },
  { name: '+CIFSR', run: (modem, call) => {
    call.info(`+CIFSR:STAIP,"${modem.online ? ADDRESS : '0.0.0.0'}"`)
    call.info(`+CIFSR:STAMAC,"${MAC}"`)
    call.ok()
  } },
  { name: '+CIPSTAMAC', run: (_modem, call) => {
    call.info(`+CIPSTAMAC:"${MAC}"`)
    call.ok()
  } },
  { name: '+CIPSNTPCFG', run: (modem, call) => {
    if (call.form === 'set') {
      keepSetting(modem, '+CIPSNTPCFG zone', call.text(1, '0'))
      const state = modem.slot('sntp', () => ({ synchronised: false }))
      if (call.number(0) === 1) {
        modem.after(SNTP_MS, () => {
          if (!modem.online || state.synchronised || modem.wallClock() === 0) return
          state.synchronised = true
          modem.line('+TIME_UPDATED')
        })
      }
    }
    call.ok()
  } },
  { name: '+CIPSNTPTIME', run: (modem, call) => {
    call.info(`+CIPSNTPTIME:${timeText(clock(modem))}`)
    call.ok()
  } },
  { name: '+SYSTIMESTAMP', run: (modem, call) => {
    call.info(`+SYSTIMESTAMP:${clock(modem)}`)
    call.ok()
  } },
  { name: '+UART_CUR', run: (modem, call) => {
    const baud = call.number(0)
    if (call.form === 'get') call.info(`+UART_CUR:${modem.baud},8,1,0,0`)
    else if (!(baud >= 80 && baud <= 5000000)) {
      failed(modem, call)
      return
    } else modem.setBaud(baud)
    call.ok()
  } },
  numeric('+SYSLOG', 0, { separator: ':' }),
  numeric('+SYSSTORE', 1, { separator: ':' }),
  numeric('+CIPMODE', 0, { separator: ':', range: [0, 0] }),
  ...accepted('+CWDHCP', '+CWAUTOCONN', '+CWRECONNCFG', '+CWHOSTNAME', '+SLEEP', '+SYSMSG', '+CWLAPOPT')
]

export const esp: Family = {
  name: 'esp',
  maker: 'Espressif',
  model: 'ESP32-C3',
  revision: '3.3.0.0',
  quirks: { whileBusy: 'answer', swallowLineFeed: false },
  power: { keyOnMs: 0, keyOffMs: 0, keyAgainMs: 0, resetMs: 1, resetNeedsKey: false, bootMs: 400, offMs: 0 },
  lineLimit: 256,
  chains: false,
  plain: true,
  connectMs: 60000,
  errorMode: 0,
  busyLine: 'busy p...',
  tables: [own, espTcpTable, espMqttTable],
  goodbye: '',
  online: (modem) => station(modem).state === 'joined',
  unknownCommand: (call) => call.error(),
  banner: (modem) => {
    const ssid = modem.saved.get('ssid')
    if (ssid !== undefined) modem.after(100, () => join(modem, ssid, () => undefined))
    return [[0, 'ready']]
  },
  contextLost: (modem) => modem.line('WIFI DISCONNECT')
}
