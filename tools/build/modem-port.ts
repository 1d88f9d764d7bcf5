/**
 * The port of a board with an AT modem, `yieldmq/espruino` there: hal/espruino/modem.ts with the wiring and the one family of
 * modems that board.json names. It is a text in memory, for what it consists of is data.
 */
import path from 'node:path'
import { PULSES } from '../../hal/at/ladder.js'
import type { Board } from './boards.js'
import { BuildError } from './problem.js'
import { ROOT } from './root.js'

/** In memory: beside the port, so that its imports read as the port's own. */
export const MODEM_FILE = path.join(ROOT, 'hal/espruino/modem.board.ts')

/** The files of hal/at by family. */
const FILES: Record<NonNullable<Board['modem']>, string> = {
  air724: 'air7xx', air780: 'air7xx', sim800: 'sim800', sim7600: 'simcom', a7670: 'simcom', ec2x: 'quectel', bg9x: 'quectel', esp: 'esp'
}

/** Pins of the serial line, and of the port; `status` and `led` are a program's affair. */
const LINE = ['tx', 'rx'] as const
const PINS = ['powerKey', 'reset', 'power'] as const

/** Its network is a modem's, and its runtime an interpreter that runs hal/at. */
export function isModemBoard(board: Board): boolean {
  return board.runtime === 'espruino' && board.port === 'hal/at'
}

export function modemPortText({ modem, pins, pulses }: Board): string {
  const named = (list: readonly (keyof Board['pins'])[]): string[] => list.flatMap(name => pins[name] === undefined ? [] : [`${name}: ${pins[name]}`])
  const fields = [`serial: ${pins.serial}`, `uart: { ${named(LINE).join(', ')} }`, ...named(PINS), `family: ${modem}`]
  const names = [...new Set([pins.serial, ...[...LINE, ...PINS].flatMap(name => pins[name] ?? [])])]
  const wrong = names.find(name => name === undefined || !/^[A-Za-z]\w*$/.test(name))
  if (modem === null || names.includes(wrong)) {
    throw new BuildError([{ file: 'board.json', line: 0, message: modem === null ? 'the port hal/at is for a board with a modem' : `pins: ${wrong === undefined ? 'serial must be named for the port hal/at' : `${wrong} is no name of a pin or a serial port`}` }])
  }
  if (pulses !== undefined) fields.push(`pulses: ${JSON.stringify({ ...PULSES[modem], ...pulses })}`)
  return `import { ${modem} } from '../at/${FILES[modem]}.js'
import type { Hal } from '../hal.js'
import { modemPort, type ModemOptions } from './modem.js'
import type { NativeSerial, Pin } from './serial.js'

export type { ModemOptions } from './modem.js'

declare const Object: { assign(this: void, options: ModemOptions, more: Partial<ModemOptions> | undefined): ModemOptions }
declare const ${names.map((name, i) => `${name}: ${i === 0 ? 'NativeSerial' : 'Pin'}`).join(', ')}

/** The port of this board, with \`options\` beyond and in place of what board.json says of it. */
export function espruino(this: void, options?: Partial<ModemOptions>): Hal {
  return modemPort(Object.assign({ ${fields.join(', ')} }, options))
}
`
}
