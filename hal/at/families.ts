/**
 * Every family by its name. A program that imports the one it has leaves the others to its bundler to drop; `families` is for programs
 * that learn their modem from a setting.
 */
import { air724, air780 } from './air7xx.js'
import { esp } from './esp.js'
import type { Family } from './family.js'
import { air724Native, air780Native } from './native-air7xx.js'
import { espNative } from './native-esp.js'
import type { NativeFamily } from './native-family.js'
import { quectelNative } from './native-quectel.js'
import { simcomNative } from './native-simcom.js'
import { bg9x, ec2x } from './quectel.js'
import { sim800 } from './sim800.js'
import { a7670, sim7600 } from './simcom.js'

export type { Family } from './family.js'
export type { NativeFamily } from './native-family.js'
export { air724Native, air780Native, espNative, quectelNative, simcomNative }
export { a7670, air724, air780, bg9x, ec2x, esp, sim7600, sim800 }

export type FamilyName = 'air724' | 'air780' | 'sim800' | 'sim7600' | 'a7670' | 'ec2x' | 'bg9x' | 'esp'

/** By name. */
export const families: Readonly<Record<FamilyName, Family>> = { air724, air780, sim800, sim7600, a7670, ec2x, bg9x, esp }

/** Their own MQTT, by the same names: sim800 has none. */
export const natives: Readonly<Partial<Record<FamilyName, NativeFamily>>> = {
  air724: air724Native, air780: air780Native, sim7600: simcomNative, a7670: simcomNative, ec2x: quectelNative, bg9x: quectelNative, esp: espNative
}
