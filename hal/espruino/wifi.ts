/**
 * The bearer: joins a Wi-Fi network, and joins it again when it was lost. For the module `Wifi` of ESP32 and ESP8266, and for
 * those that are like it (`EspruinoWiFi`).
 */
import { LinkCode, type Code, type NetworkHal } from '../hal.js'

/** What a Wi-Fi module of Espruino's has. */
export interface WifiModule {
  connect(ssid: string, options: { password: string | undefined }, done: (this: void, error: string | null) => void): void
  disconnect(): void
  on(event: string, handler: (this: void, details: WifiDetails | null | undefined) => void): void
}

/** ESP32: a number as a text, and `msg` in capitals; ESP8266: a word, and no `msg`; EspruinoWiFi: nothing at all. */
export interface WifiDetails { reason?: string; msg?: string }

export interface WifiOptions {
  ssid: string
  password?: string
  /** `require("Wifi")` when absent. */
  module?: WifiModule
  /** ms until the first new attempt, doubled with each up to 60000; 2000 when absent. */
  retryPeriod?: number
}

interface Word { toLowerCase(): string }

declare function require(name: string): WifiModule
declare function setTimeout(fn: (this: void) => void, ms: number): number
declare function clearTimeout(id: number): void

const enum Time {
  Retry = 2000,
  RetryMax = 60000,
  /** ms that an attempt may take: scan, authentication and DHCP. */
  Attempt = 30000
}

/** What a module says, in one of few words, and in its own. */
function wordOf(said: string): string {
  const own = (said as unknown as Word).toLowerCase()
  // +CWJAP is what the ESP8266 on an Espruino WiFi says.
  if (own.indexOf('no_ap') >= 0 || own.indexOf('cwjap:3') >= 0) return 'ssid not found'
  if (own.indexOf('password') >= 0 || own.indexOf('cwjap:2') >= 0 || own.indexOf('handshake') >= 0 || own.indexOf('auth') >= 0) return 'wrong password (' + own + ')'
  return own
}

/**
 * Joins `options.ssid` at once. `ready()` is 1 with an address, 0 while it joins, TcpFailed (-65) between attempts; `reason()`
 * says "joining", "no ip address", "ssid not found", "wrong password (...)", "no answer" or the module's own word.
 */
export function wifi(this: void, options: WifiOptions): NetworkHal {
  const radio = options.module === undefined ? require('Wifi') : options.module
  const first = options.retryPeriod === undefined ? Time.Retry : options.retryPeriod
  let delay = first
  let state: Code = 0
  let word = ''
  let timer = 0

  const later = (fn: (this: void) => void, ms: number): void => {
    if (timer > 0) clearTimeout(timer)
    timer = ms < 0 ? 0 : setTimeout(fn, ms)
  }
  // What it is stands below: each of the two needs the other.
  let join = (): void => { state = 0 }
  const lost = (why: string): void => {
    word = wordOf(why)
    // The callback and the event tell the same failure.
    if (state < 0) return
    state = LinkCode.TcpFailed
    later(join, delay)
    delay = delay * 2 > Time.RetryMax ? Time.RetryMax : delay * 2
  }
  join = () => {
    state = 0
    word = 'joining'
    later(() => { lost('no answer') }, Time.Attempt)
    try {
      radio.connect(options.ssid, { password: options.password }, (error) => {
        if (error !== null && error !== undefined) lost('' + error)
      })
    } catch (error) {
      lost('' + (error as string))
    }
  }
  radio.on('associated', () => {
    if (state === 0) word = 'no ip address'
  })
  radio.on('dhcp_timeout', () => { lost('no ip address') })
  radio.on('connected', () => {
    state = 1
    word = ''
    delay = first
    later(join, -1)
  })
  radio.on('disconnected', (details) => {
    const said = details === null || details === undefined ? undefined : details.msg === undefined ? details.reason : details.msg
    lost(said === undefined ? 'disconnected' : said)
  })
  join()
  return {
    ready: () => state,
    reason: () => word,
    restart: () => {
      state = 0
      lost('restarting')
      try {
        radio.disconnect()
      } catch (error) {
        word = '' + (error as string)
      }
    }
  }
}
