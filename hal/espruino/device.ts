/** What few programs need of their device: a watchdog, why it started, an id of their own. */
import type { Hal } from '../hal.js'

export interface DeviceOptions {
  /** Letters and digits; the board's serial number when absent. */
  id?: string
  /**
   * s without a slice after which the board restarts; no watchdog when absent. Longer than `net.connect` may keep the interpreter
   * (docs/espruino.md). On an ESP8266 the interpreter's watchdog does nothing.
   */
  watchdog?: number
}

declare const E: { enableWatchdog(this: void, seconds: number, isAuto: boolean): void; kickWatchdog(this: void): void }
declare const global: { ESP8266?: { getResetInfo(): { reason: string } }; ESP32?: { getWakeupCause?: () => number } }

/** Undefined causes are 0; all others are a wake from deep sleep. */
function resetReason(this: void): string {
  const old = global.ESP8266
  const wakes = global.ESP32
  if (old !== undefined) {
    const said = old.getResetInfo().reason
    if (said === 'power on') return 'power-on'
    if (said === 'restart') return 'software'
    if (said === 'deep sleep') return 'deep-sleep'
    return said === 'wdt reset' || said === 'soft wdt' ? 'watchdog' : 'unknown'
  }
  return wakes !== undefined && wakes.getWakeupCause !== undefined && wakes.getWakeupCause() > 0 ? 'deep-sleep' : 'unknown'
}

/** Changes `hal.system` by `options`, and gives it a reset reason where the board tells one (ESP8266; ESP32: deep sleep alone). */
export function device(this: void, hal: Hal, options: DeviceOptions): void {
  const system = hal.system
  const id = options.id
  system.resetReason = resetReason
  if (id !== undefined) system.id = () => id
  if (options.watchdog !== undefined) {
    E.enableWatchdog(options.watchdog, false)
    system.feedWatchdog = E.kickWatchdog
  }
}
