/**
 * Questions to the console of an Espruino board and its answers. A line that begins with DLE (0x10) is run without an
 * echo and without a new prompt. An answer stands between marks that the question does not contain, so that a console
 * that only repeats what it hears answers nothing.
 */
import { FlashError } from './error.js'
import type { Link } from './link.js'

const QUIET = '\x10'
/** How long a console at its prompt takes to answer a newline; after that, something runs. */
const promptStepMs = 500
/** A line of the console that says that what was sent failed. */
const FAULT = /((?:Uncaught|Execution Interrupted|New interpreter error|LOW_MEMORY|OUT_OF_MEMORY|MEMORY_BUSY)[^\r\n]*)[\r\n]/
const faultShown = 160

/** A string literal of these bytes that a console line may hold: printable ASCII only, whatever the board knows of Unicode. */
export function literal(bytes: string): string {
  let text = '"'
  for (const char of bytes) {
    const code = char.charCodeAt(0)
    if (char === '"' || char === '\\') text += '\\' + char
    else if (char === '\n') text += '\\n'
    else if (code < 32 || code > 126) text += '\\x' + code.toString(16).padStart(2, '0')
    else text += char
  }
  return text + '"'
}

export class BoardConsole {
  private questions = 0

  /** `limitMs`: how long one answer may take. */
  constructor(readonly link: Link, private readonly limitMs: number) {}

  private get seconds(): string {
    return `${this.limitMs / 1000} s`
  }

  /**
   * Waits for the prompt: after a newline first, as a second Ctrl-C in 5 s ends the interpreter on a computer, then after
   * Ctrl-C, which stops what runs and clears a line begun.
   */
  async prompt(): Promise<void> {
    const { link } = this
    link.forget()
    const prompted = (): boolean => /(?:^|[\r\n])>\s*$/.test(link.heard)
    link.write('\n')
    if (await link.until(prompted, Math.min(promptStepMs, this.limitMs))) return
    const onNetwork = link.port.startsWith('tcp://')
    const begun = performance.now()
    link.write('\x03\n')
    for (;;) {
      const leftMs = this.limitMs - (performance.now() - begun)
      // Again and again on a serial line, which lasts while a board starts or sleeps: so one is caught that wakes for a moment.
      const asked = await link.until(prompted, onNetwork ? leftMs : Math.min(promptStepMs, leftMs))
      if (asked) return
      if (performance.now() - begun >= this.limitMs) break
      if (!onNetwork) link.write('\x03\n')
    }
    const heard = link.heard.trim() === '' ? 'nothing came back' : `what came back ends with ${JSON.stringify(link.heard.slice(-40))}`
    throw new FlashError(`${link.port}: no prompt of Espruino in ${this.seconds} after Ctrl-C (${heard}); check that the board runs Espruino, ` +
      `that its console is on this port${link.port.startsWith('tcp://') ? '' : ', and the baud rate (--baud)'}, and reset it.`)
  }

  /**
   * The value of an expression on the board, which must be one that JSON has. `what` says what is done, for the error;
   * `before` is a line that runs first, and whose error is the question's.
   */
  async ask(expression: string, what: string, before?: string): Promise<unknown> {
    const { link } = this
    const number = ++this.questions
    const begin = `<~${number}:`
    link.forget()
    if (before !== undefined) this.run(before)
    link.write(`${QUIET}print("<"+"~${number}:"+JSON.stringify(${expression})+"~"+">")\n`)
    let answer: string | undefined
    let fault: string | undefined
    const answered = (): boolean => {
      // An error's line is whole when another one follows; the answer comes after it, if one comes at all.
      fault = FAULT.exec(link.heard)?.[1]
      const from = link.heard.indexOf(begin)
      const to = from < 0 ? -1 : link.heard.indexOf('~>', from)
      if (to >= 0) answer = link.heard.slice(from + begin.length, to)
      return answer !== undefined || fault !== undefined
    }
    const settled = await link.until(answered, this.limitMs)
    if (fault !== undefined) throw new FlashError(`${link.port}: the board reports "${fault.slice(0, faultShown)}" while ${what}.`)
    if (!settled || answer === undefined) {
      const heard = link.heard.trim() === '' ? '' : ` (it said ${JSON.stringify(link.heard.trim().slice(-faultShown))})`
      throw new FlashError(`${link.port}: no answer in ${this.seconds} while ${what}${heard}; check the line, and that nothing else holds the board; then flash again.`)
    }
    if (answer === 'undefined') return undefined
    try {
      return JSON.parse(answer)
    } catch {
      throw new FlashError(`${link.port}: the answer while ${what} was damaged on the way (${JSON.stringify(answer.slice(0, faultShown))}); check the line and flash again.`)
    }
  }

  /** Runs a line that is not an expression; its end is not waited for. */
  run(line: string): void {
    this.link.write(`${QUIET}${line}\n`)
  }
}
