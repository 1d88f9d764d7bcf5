/**
 * Commands: the tables that a family is made of, and what one command may do.
 *
 * A command is a row `{ name, run(modem, call) }`. To add some (a module's own MQTT, say), write a file of their own that
 * exports a `CommandTable`, and name it in the family's `tables` (or hand it over as `ModemOptions.tables`, which are
 * asked first). A row may use:
 *
 * - `call.form` (`run` AT+X, `set` AT+X=, `get` AT+X?, `test` AT+X=?), `call.text(i)`, `call.number(i)`, `call.given(i)`
 *   for the arguments, quotes taken off;
 * - `call.info(line)` for a line of the answer, `call.data(bytes)` for bytes that nothing may come between;
 * - one final: `call.ok()`, `call.error()`, `call.cme(code)`, `call.final('SHUT OK')`, or `call.end()` for none. Until
 *   then the command is running; `call.okThen(lines)` is OK with lines behind it;
 * - `call.prompt({ length, done })`: `> `, then `length` raw bytes for `done`;
 * - `modem.after(ms, fn)` for what takes time, `modem.later(ms, line)` for an unsolicited line, `modem.line(line)` now.
 *   All of it ends with a reboot, and calls of a life that ended do nothing;
 * - `modem.slot(name, make)` for state in RAM, made anew after a reboot; `modem.files` for the file system;
 * - `modem.open(endpoint, events)` for a TCP or TLS link, and `modem.watch(fn)` to hear of `pdp-lost` and of `shut`.
 *
 * A row runs 5 to 20 ms after its line ended, or `latencyMs`.
 */
import type { Bytes } from '../../hal.js'
import { cmeText } from './cme.js'
import type { Desk } from './desk.js'
import type { Modem } from './modem.js'
import type { Argument, Form, Parsed } from './parse.js'

export type { Argument, Form } from './parse.js'

export interface CommandRow {
  /** `+CSQ`, `E`, `&W`; in capitals. */
  readonly name: string
  readonly run: (modem: Modem, call: Call) => void
  /** From and to; 5 to 20 ms when absent. */
  readonly latencyMs?: readonly [number, number]
}

export type CommandTable = readonly CommandRow[]

/** Asks the host for raw bytes. */
export interface Prompt {
  /** Bytes to come; -1: until Ctrl-Z (0x1A). */
  readonly length: number
  /** Of what comes before the Ctrl-Z; 1460 when absent. More is an abort. */
  readonly limit?: number
  /** What invites them; `\r\n> ` when absent. */
  readonly invitation?: string
  /** True: ESC (0x1B) ends it. Only where `length` is -1: among a stated number of bytes it is data. */
  readonly escape?: boolean
  /** Ends it after so many ms without a byte; never when absent. */
  readonly timeoutMs?: number
  readonly done: (bytes: Bytes) => void
  /** It was ended otherwise; `call.error()` when absent. */
  readonly aborted?: (taken: Bytes) => void
}

/** One command under way. */
export class Call {
  readonly name: string
  readonly form: Form
  readonly tail: Bytes
  private ended = false

  constructor(private readonly desk: Desk, private readonly life: number, private readonly parsed: Parsed) {
    this.name = parsed.name
    this.form = parsed.form
    this.tail = parsed.tail
  }

  /** No final yet, and the module has not rebooted. */
  get running(): boolean {
    return !this.ended && this.desk.serves(this.life)
  }

  /** Arguments in the line, empty ones included. */
  get count(): number {
    return this.parsed.arguments.length
  }

  argument(index: number): Argument | undefined {
    return this.parsed.arguments[index]
  }

  given(index: number): boolean {
    return this.parsed.arguments[index] !== undefined
  }

  text(index: number, absent = ''): Bytes {
    return this.parsed.arguments[index]?.text ?? absent as Bytes
  }

  /** NaN where the argument is not a whole number. */
  number(index: number, absent = NaN): number {
    const argument = this.parsed.arguments[index]
    if (argument === undefined) return absent
    return /^-?\d+$/.test(argument.text) ? Number(argument.text) : NaN
  }

  info(line: string): void {
    if (this.running) this.desk.modem.line(line)
  }

  data(bytes: string): void {
    if (this.running) this.desk.modem.data(bytes)
  }

  ok(): void {
    this.finish('OK')
  }

  error(): void {
    this.finish('ERROR')
  }

  /** `+CME ERROR` as AT+CMEE says: ERROR, the number or the text. */
  cme(code: number): void {
    const { mode } = this.desk.modem.errors
    this.finish(mode === 0 ? 'ERROR' : `+CME ERROR: ${mode === 1 ? code : cmeText(code)}`)
  }

  /** The family's own way of saying that it went well or not. */
  final(line: string): void {
    this.finish(line)
  }

  okThen(...lines: string[]): void {
    this.finish('OK', lines)
  }

  /** Ends the command without a final line. */
  end(): void {
    this.finish(undefined)
  }

  prompt(prompt: Prompt): void {
    if (this.running) this.desk.startPrompt(this, prompt)
  }

  private finish(line: string | undefined, after: readonly string[] = []): void {
    if (!this.running) return
    this.ended = true
    this.desk.finished(line, after, this.life)
  }
}
