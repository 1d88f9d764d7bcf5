/**
 * Three sets of times: notice and answer quickly, hold out long, or in between (docs/keepalive.md prints them). Plain
 * options to copy before one's own: `Object.assign({}, presets.robust, { servers })`. Nothing else imports this file.
 */
import type { Options } from './types.js'

/** The times of a preset, with the units of `Options`. */
export type Preset = Required<Pick<Options, 'keepalive' | 'pingTimeout' | 'connectTimeout' | 'requestTimeout' | 'ackTimeout' | 'reconnectPeriod' | 'reconnectPeriodMax' | 'reconnectSpread'>>

/** A dead link is noticed within a minute and a half, and given up early. For links that are good, or paid by the day. */
export const lowLatency: Preset = {
  keepalive: 60, pingTimeout: 5000, connectTimeout: 10000, requestTimeout: 5000, ackTimeout: 15000,
  reconnectPeriod: 500, reconnectPeriodMax: 15000, reconnectSpread: 1000
}

/** The defaults, written out. */
export const balanced: Preset = {
  keepalive: 120, pingTimeout: 20000, connectTimeout: 10000, requestTimeout: 10000, ackTimeout: 60000,
  reconnectPeriod: 1000, reconnectPeriodMax: 60000, reconnectSpread: 5000
}

/** Rides over outages of a minute. For weak coverage and modems: few drops, and late notice of real ones. */
export const robust: Preset = {
  keepalive: 240, pingTimeout: 60000, connectTimeout: 75000, requestTimeout: 30000, ackTimeout: 180000,
  reconnectPeriod: 2000, reconnectPeriodMax: 120000, reconnectSpread: 30000
}
