/** Rows that many commands share: settings that are kept and told, and answers that are always the same. */
import type { CommandRow } from './commands.js'
import type { Modem } from './modem.js'

/** Answers OK to every form. */
export function accepted(...names: string[]): CommandRow[] {
  return names.map((name) => ({ name, run: (_modem, call) => call.ok() }))
}

/** The settings of one life, by the command's name. */
export function setting(modem: Modem, name: string, initial: string): string {
  return modem.slot('settings', () => new Map<string, string>()).get(name) ?? initial
}

export function numberSetting(modem: Modem, name: string, initial: number): number {
  return Number(setting(modem, name, String(initial)))
}

export function keepSetting(modem: Modem, name: string, value: string): void {
  modem.slot('settings', () => new Map<string, string>()).set(name, value)
}

export interface SettingOptions {
  /** What is between the name and the value in the answer; `: ` when absent. */
  readonly separator?: string
  /** Whole numbers that are allowed, both included. */
  readonly range?: readonly [number, number]
  /** +CME ERROR code where the value is out of range; 53 when absent. */
  readonly refusal?: number
  /** Refuses by the state: false gives the code 3. */
  readonly allowed?: (modem: Modem) => boolean
}

/** A number that is set with `=`, told with `?`, and forgotten in a reboot. */
export function numeric(name: string, initial: number, options: SettingOptions = {}): CommandRow {
  const [low, high] = options.range ?? [0, 1]
  return {
    name,
    run: (modem, call) => {
      if (call.form === 'get') {
        call.info(`${name}${options.separator ?? ': '}${numberSetting(modem, name, initial)}`)
        call.ok()
      } else if (call.form === 'test') {
        call.info(`${name}${options.separator ?? ': '}(${low}-${high})`)
        call.ok()
      } else {
        const value = call.number(0, call.form === 'run' ? initial : NaN)
        if (!(value >= low && value <= high)) call.cme(options.refusal ?? 53)
        else if (options.allowed?.(modem) === false) call.cme(3)
        else {
          keepSetting(modem, name, String(value))
          call.ok()
        }
      }
    }
  }
}

/** Hexadecimal, capitals. */
export function toHex(bytes: string): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += bytes.charCodeAt(i).toString(16).toUpperCase().padStart(2, '0')
  return text
}
