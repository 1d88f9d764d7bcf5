/**
 * The desk at which commands are served: bytes become lines, lines become commands, one runs at a time, and what a
 * prompt asked for is collected.
 */
import type { Bytes } from '../../hal.js'
import { Call, type CommandRow, type CommandTable, type Prompt } from './commands.js'
import type { Modem } from './modem.js'
import { parseLine, type Parsed } from './parse.js'

const ESC = '\x1b'
const CTRL_Z = '\x1a'
/** ms from the end of the line to the command's work. */
const LATENCY_MS = [5, 20] as const
/** Bytes held while a command runs, where the family holds them. */
const HELD_LIMIT = 4096

interface Collecting {
  readonly call: Call
  readonly prompt: Prompt
  taken: string
  activity: number
}

/** Takes bytes, makes lines of them, and runs one command at a time. */
export class Desk {
  /** Bytes that came before a prompt and were lost for it. */
  early = 0
  /** Lines refused because they were longer than the family's limit. */
  tooLong = 0
  private readonly rows = new Map<string, CommandRow>()
  private buffer = ''
  private overflow = false
  private afterReturn = false
  private current: Call | undefined
  private readonly queue: Parsed[] = []
  private collecting: Collecting | undefined
  private held = ''

  constructor(readonly modem: Modem, tables: readonly CommandTable[]) {
    for (const table of tables) for (const row of table) if (!this.rows.has(row.name)) this.rows.set(row.name, row)
  }

  /** A command is running, or raw bytes are awaited. */
  get busy(): boolean {
    return this.current !== undefined
  }

  serves(life: number): boolean {
    return life === this.modem.life
  }

  /** The module rebooted: nothing is under way. */
  reset(): void {
    this.buffer = ''
    this.overflow = false
    this.afterReturn = false
    this.current = undefined
    this.queue.length = 0
    this.collecting = undefined
    this.held = ''
  }

  take(bytes: string): void {
    for (let i = 0; i < bytes.length; i++) this.byte(bytes[i]!)
  }

  startPrompt(call: Call, prompt: Prompt): void {
    const { modem } = this
    const life = modem.life
    modem.invite(prompt.invitation ?? '\r\n> ', () => {
      if (!call.running || !this.serves(life)) return
      const collecting: Collecting = { call, prompt, taken: '', activity: 0 }
      this.collecting = collecting
      const early = this.held
      this.held = ''
      if (modem.quirks.earlyData === 'taken') this.take(early)
      else this.early += early.length
      this.watchSilence(collecting)
    })
  }

  finished(line: string | undefined, after: readonly string[], life: number): void {
    const { modem } = this
    const good = line === 'OK'
    this.collecting = undefined
    if (good && this.queue.length > 0 && after.length === 0) {
      this.current = undefined
      this.next()
      return
    }
    this.queue.length = 0
    modem.sendFinal(line, () => {
      if (!this.serves(life)) return
      for (const one of after) modem.line(one)
      this.current = undefined
      const waiting = this.held
      this.held = ''
      this.take(waiting)
    })
  }

  private byte(c: string): void {
    // The line feed behind a return belongs to the line, wherever it comes: behind AT+CIPSEND\r the first 0x0A of the
    // data is swallowed like that.
    const swallow = this.afterReturn && c === '\n' && this.modem.quirks.swallowLineFeed
    this.afterReturn = false
    if (swallow) return
    if (this.collecting !== undefined) {
      this.collect(this.collecting, c)
      return
    }
    if (this.current !== undefined) {
      this.whileBusy(c)
      return
    }
    this.letter(c)
  }

  private letter(c: string): void {
    const { family } = this.modem
    if (this.modem.echoes) this.modem.echo(c)
    // Espressif's lines end in CR LF, all others in CR.
    // The return of a line that is too long went with the rest of it.
    if (family.plain && c === '\n' && (this.overflow || this.buffer.endsWith('\r'))) {
      if (this.buffer.endsWith('\r')) this.buffer = this.buffer.slice(0, -1)
      this.endOfLine()
    } else if (c === '\r' && !family.plain) {
      this.afterReturn = true
      this.endOfLine()
    } else if (c === '\n' && this.buffer === '') return
    else if (c === '\b') this.buffer = this.buffer.slice(0, -1)
    else if (this.buffer.length >= family.lineLimit) this.overflow = true
    else this.buffer += c
  }

  private endOfLine(): void {
    const line = this.buffer
    this.buffer = ''
    if (this.overflow) {
      this.overflow = false
      this.tooLong += 1
      this.modem.line('ERROR')
      return
    }
    // What stands before AT is noise: a banner's answer, half a line.
    const at = line.search(/at/i)
    if (at < 0) return
    const parsed = parseLine(line.substring(at), this.modem.family.chains)
    if (parsed === undefined) {
      this.modem.line('ERROR')
      return
    }
    this.queue.push(...parsed)
    this.next()
  }

  private next(): void {
    const parsed = this.queue.shift()
    if (parsed === undefined) return
    const { modem } = this
    const call = new Call(this, modem.life, parsed)
    this.current = call
    const row = this.rows.get(parsed.name)
    const [low, high] = row?.latencyMs ?? LATENCY_MS
    modem.after(modem.random.int(low, high), () => {
      if (!call.running) return
      if (row === undefined) modem.family.unknownCommand(call)
      else row.run(modem, call)
    })
  }

  private whileBusy(c: string): void {
    const manner = this.modem.quirks.whileBusy
    if (manner === 'drop') return
    if (manner === 'answer') {
      // Only whole lines are answered; a line feed alone is none.
      if (c === (this.modem.family.plain ? '\n' : '\r')) {
        const line = this.held
        this.held = ''
        this.afterReturn = c === '\r'
        if (line.trim() !== '') this.modem.line(this.modem.family.busyLine)
      } else if (this.held.length < HELD_LIMIT) this.held += c
      return
    }
    if (this.held.length < HELD_LIMIT) this.held += c
  }

  private collect(collecting: Collecting, c: string): void {
    const { prompt } = collecting
    collecting.activity += 1
    const open = prompt.length < 0
    if (open && prompt.escape === true && c === ESC) {
      this.abort(collecting)
      return
    }
    if (open && c === CTRL_Z) {
      this.collecting = undefined
      prompt.done(collecting.taken as Bytes)
      return
    }
    collecting.taken += c
    if (open && collecting.taken.length > (prompt.limit ?? 1460)) this.abort(collecting)
    else if (collecting.taken.length === prompt.length) {
      this.collecting = undefined
      prompt.done(collecting.taken as Bytes)
    }
  }

  private abort(collecting: Collecting): void {
    this.collecting = undefined
    if (collecting.prompt.aborted === undefined) collecting.call.error()
    else collecting.prompt.aborted(collecting.taken as Bytes)
  }

  private watchSilence(collecting: Collecting): void {
    const { timeoutMs } = collecting.prompt
    if (timeoutMs === undefined) return
    const seen = collecting.activity
    this.modem.after(timeoutMs, () => {
      if (this.collecting !== collecting) return
      if (collecting.activity === seen) this.abort(collecting)
      else this.watchSilence(collecting)
    })
  }
}
