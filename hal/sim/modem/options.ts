/** What an emulated module is made with. */
import type { CommandTable } from './commands.js'
import type { Faults } from './faults.js'
import type { MqttQuirks } from './mqtt-options.js'
import type { Radio } from './radio.js'

export type FamilyName = 'air724' | 'air780' | 'sim800' | 'sim7600' | 'a7670' | 'ec2x' | 'bg9x' | 'esp'

/**
 * Where manuals are silent or firmware differs. The default is what a manual or its examples say; none of the
 * alternatives has been seen on a wire by us, so a driver must live with both.
 */
export interface Quirks {
  /** openLuat: OK behind the address of CIFSR. The manual's text has none, one of its examples has. Unverified. */
  cifsrOk: boolean
  /** CIPRXGET=2 and 3 with CIPMUX=0: a line end between header and data. The manual's table and example differ. Unverified. */
  rxgetLineEnd: boolean
  /** openLuat writes both. SIM800's manual has the second. Unverified which firmware writes which. */
  pdpDeact: '+PDP DEACT' | '+PDP: DEACT'
  /** openLuat, SIM800: a blank behind the comma of `1, CONNECT OK`. Manuals have both. */
  linkBlank: boolean
  /** SIMCom: a CIPOPEN that fails prints OK and then its result, or its result and then ERROR. Both are reported by drivers. */
  openErrorOrder: 'ok-then-result' | 'result-then-error'
  /** Bytes that a host sends between the command and the prompt: lost, or taken as data. Unverified. */
  earlyData: 'lost' | 'taken'
  /** Bytes that a host sends while a command runs: kept for afterwards, lost, or each line answered (`busy p...`). */
  whileBusy: 'hold' | 'drop' | 'answer'
  /** A line feed right behind a command's return is no data, even behind a prompt. openLuat's manual says so; true elsewhere too as far as we know. */
  swallowLineFeed: boolean
  /** The link ends between the prompt and its data: the module says so at once and takes no data, or refuses the data when it has it. Unverified. */
  closedAtPrompt: 'error-at-once' | 'error-after-data'
  /** ESP-AT: CIPRECVMODE as before 2.3 and 2048 bytes a send, or CIPRECVTYPE and 8192. */
  oldEsp: boolean
  /** SIMCom CCHRECV: OK before or behind the data. Unverified. */
  cchRecvOk: 'first' | 'last'
  /** The subscription's context is up as soon as LTE is attached, as on the EC618 and later; CGDCONT? shows its address. */
  automaticContext: boolean
  /** Of the module's own MQTT. */
  mqtt?: Partial<MqttQuirks>
}

export interface ModemOptions {
  family: FamilyName
  /** 1 when absent. */
  seed?: number
  /** Line speed; 0 for automatic: the first `AT` that is heard sets it. 115200 when absent. */
  baud?: number
  /** True: bytes take the time that the line's speed gives them. */
  pacing?: boolean
  /** Bytes that `serial()` holds unread; 4096 when absent. */
  uartBuffer?: number
  /** `on` (when absent): booted and registered, nothing said yet. `off`: waits for its power key. */
  start?: 'on' | 'off'
  /** The power key is strapped to ground: it boots when it gets power, and cannot be switched off for long. */
  keyStrapped?: boolean
  /** Commands are echoed until ATE0; true when absent. */
  echo?: boolean
  /** ms from power to the first answer; the family's when absent. */
  bootMs?: number
  /** ms from boot to registration; 3000 when absent. */
  registerMs?: number
  imei?: string
  iccid?: string
  /** Bytes of a link's receive buffer. */
  receiveBuffer?: number
  /** Bytes of `transcript`, all entries together; 1 MiB when absent. The oldest go. */
  transcriptLimit?: number
  quirks?: Partial<Quirks>
  radio?: Partial<Radio>
  faults?: Partial<Faults>
  /** Commands asked before the family's own. */
  tables?: readonly CommandTable[]
}
