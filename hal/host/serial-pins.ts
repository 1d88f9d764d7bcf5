/**
 * A modem's pins by the control lines of its serial line, as boards and adapters wire DTR and RTS to PWRKEY and RESET.
 */
import { LinkCode, type PinsHal } from '../hal.js'
import type { ControlLines, HostSerial } from './serial.js'

/** Which line each pin is on; a pin that is not named is not there. */
export interface SerialPinsOptions {
  powerKey?: keyof ControlLines
  reset?: keyof ControlLines
  power?: keyof ControlLines
  /** A pin is active when its line is asserted. `true`, or these pins: active when it is not. */
  inverted?: boolean | readonly SerialPin[]
}

export type SerialPin = 'powerKey' | 'reset' | 'power'

const PINS: readonly SerialPin[] = ['powerKey', 'reset', 'power']

/**
 * Pins by `port`'s control lines. Call it before the line is opened: an operating system asserts both lines as it opens one,
 * and they are let go as soon as it is open. `pulse` answers `AtFailed` while the line is not open. A pulse under way
 * keeps the process running to its end; a later pulse of the same pin can lengthen it and never shorten it. Throws where one line
 * is to be two pins, or RTS a pin and flow control.
 */
export function serialPins(port: HostSerial, options: SerialPinsOptions): PinsHal {
  const isInverted = (pin: SerialPin): boolean => options.inverted === true || (Array.isArray(options.inverted) && options.inverted.includes(pin))
  const lines: ControlLines = { dtr: true, rts: true }
  const lineOf = new Map<string, { line: keyof ControlLines; active: boolean; until: number; timer: NodeJS.Timeout | undefined }>()
  for (const pin of PINS) {
    const line = options[pin]
    if (line === undefined) continue
    const other = PINS.find(one => one !== pin && options[one] === line)
    if (other !== undefined) throw new Error(`serialPins: ${line} cannot be both ${pin} and ${other}`)
    if (line === 'rts' && port.rtscts) throw new Error(`serialPins: rts cannot be ${pin}: it belongs to the flow control of this line (rtscts)`)
    const active = !isInverted(pin)
    lines[line] = !active
    lineOf.set(pin, { line, active, until: 0, timer: undefined })
  }
  if (lineOf.size > 0) port.setLines({ ...lines })
  return {
    has: name => lineOf.has(name),
    pulse(name, ms) {
      const pin = lineOf.get(name)
      if (pin === undefined) return LinkCode.Unsupported
      const code = port.setLines({ ...lines, [pin.line]: pin.active })
      if (code < 0) {
        port.setLines({ ...lines })
        return code
      }
      lines[pin.line] = pin.active
      pin.until = Math.max(pin.until, performance.now() + ms)
      clearTimeout(pin.timer)
      pin.timer = setTimeout(() => {
        lines[pin.line] = !pin.active
        port.setLines({ ...lines })
      }, pin.until - performance.now())
      return 0
    }
  }
}
