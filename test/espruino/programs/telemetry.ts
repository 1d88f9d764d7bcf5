/** The telemetry example as a board would run it: its text as it stands, and this board's port. */
import { telemetry, type Summary } from '../../../examples/telemetry/telemetry.js'
import { espruino } from '../../../hal/espruino/index.js'

/** Sends `readings` to the server on a loopback port and ends. */
export function start(port: number, readings: number, print: (this: void, line: string) => void, ended: (this: void, summary: Summary) => void): void {
  telemetry(espruino(), { server: { host: '127.0.0.1', port: port }, readings: readings, periodMs: 50, print: print, ended: ended })
}
