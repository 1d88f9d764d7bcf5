/**
 * One run of the real Espruino interpreter: modules go into its Storage, as on a board, then a script runs and says what it
 * saw. The interpreter is the one that ESPRUINO_BIN names; nothing here brings one to the machine.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missingInterpreter } from '../../../tools/test/espruino.js'
import { until } from '../../support/until.js'

export { HOW } from '../../../tools/test/espruino.js'

/** A line of the console that is ours. */
const MARK = '@@'
/** Lines of the console that mean that a program failed, whatever else it said. */
const FAULT = /Uncaught|Execution Interrupted|LOW_MEMORY|MEMORY_BUSY|CALLBACK|INTERNAL/
/** Characters typed at a time. */
const PIECE = 100
const linesShown = 30

/**
 * What every script begins with: `load` fills a module into Storage in pieces, as an upload does, and functions then run from
 * there; `loadRam` has them in variables (on Linux, flash is a file and is slow to read, so times are not taken there);
 * `say` tells us something. Bytes come as `btoa(bytes)`.
 */
const PRELUDE = `
function load(name, path, size) {
  var f = E.openFile(path, "r"), at = 0, c = f.read(512);
  while (c !== undefined && c.length > 0) { require("Storage").write(name, c, at, size); at += c.length; c = f.read(512); }
  f.close();
}
function loadRam(name, path) {
  Modules.addCached(name, require("fs").readFile(path));
}
function say(name, value) { print("${MARK}" + JSON.stringify([name, value])); }
function used() { return process.memory().usage; }
`

/** Bytes as a script says them. */
export function said(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('base64')
}

export interface Said { name: string; value: unknown }

export class Interpreter {
  /** What the script said, in order. */
  readonly said: Said[] = []
  /** The console, our own lines left out. */
  readonly console: string[] = []
  private ended: string | undefined
  private readonly folder = mkdtempSync(join(tmpdir(), 'yieldmq-espruino-'))
  private readonly child
  /** Bytes that came from its console. */
  private printed = 0

  /** Starts it: `modules` are CommonJS texts by name, for `require` in `script`; `binary` when it is not the one of ESPRUINO_BIN. */
  constructor(modules: Record<string, string>, script: string, place: 'load' | 'loadRam' = 'load', binary = process.env.ESPRUINO_BIN ?? '') {
    const missing = missingInterpreter(binary)
    if (missing !== '') throw new Error(missing)
    const loads = Object.entries(modules).map(([name, code]) => {
      const file = join(this.folder, `${name}.js`)
      writeFileSync(file, code, 'latin1')
      return `${place}(${JSON.stringify(name)}, ${JSON.stringify(file)}, ${code.length});\n`
    })
    const main = join(this.folder, 'main.js')
    writeFileSync(main, PRELUDE + loads.join('') + script + '\n', 'latin1')
    // Its flash is a file in the working folder. Standard input stays open: at its end the interpreter floods the console.
    this.child = spawn(binary, [main], { cwd: this.folder, stdio: ['pipe', 'pipe', 'pipe'] })
    let tail = ''
    const take = (data: Buffer): void => {
      this.printed += data.length
      const lines = (tail + data.toString('latin1')).split('\n')
      tail = lines.pop() ?? ''
      for (const line of lines) this.takeLine(line.replace(/\r/g, ''))
    }
    this.child.stdout.on('data', take)
    this.child.stderr.on('data', take)
    this.child.on('error', (error) => {
      this.ended = error.message
    })
    this.child.on('close', (status, signal) => {
      this.ended ??= `it ended with ${signal ?? `status ${status}`}`
    })
  }

  private takeLine(line: string): void {
    const at = line.indexOf(MARK)
    if (at < 0) {
      this.console.push(line)
      return
    }
    const [name, value] = JSON.parse(line.slice(at + MARK.length)) as [string, unknown]
    this.said.push({ name, value })
  }

  /** Types at its console. */
  type(text: string): void {
    this.child.stdin.write(text, 'latin1')
  }

  /**
   * Types more than its input holds: it has the next piece when it echoed the one before. What its console takes while it is at work goes
   * into a buffer of some hundred characters, and is lost when that is full.
   */
  async typeAll(text: string): Promise<void> {
    // A line's end ends a piece: what follows it would come while the line is at work.
    for (const piece of text.match(new RegExp(`[^\\n]{1,${PIECE}}\\n?|\\n`, 'g')) ?? []) {
      const expected = this.printed + piece.length
      this.type(piece)
      await until(() => this.printed >= expected || this.ended !== undefined, 15_000, `the interpreter to echo ${piece.length} characters`, () => this.tail())
    }
  }

  /** All values said under `name`. */
  all(name: string): unknown[] {
    return this.said.filter((one) => one.name === name).map((one) => one.value)
  }

  /** Waits until the script has said `name` `count` times and gives the last of these values. */
  async hears(name: string, ms = 15_000, count = 1): Promise<unknown> {
    await until(() => {
      const fault = this.console.findIndex((line) => FAULT.test(line))
      if (fault >= 0) throw new Error(`the interpreter reports a fault: ${this.console.slice(Math.max(0, fault - 3), fault + linesShown).join(' | ')}`)
      if (this.all(name).length >= count) return true
      if (this.ended !== undefined) throw new Error(`the interpreter is gone (${this.ended}) before it said ${name}: ${this.tail()}`)
      return false
    }, ms, `the interpreter to say ${name} ${count} times`, () => this.tail())
    return this.all(name)[count - 1]
  }

  private tail(): string {
    const said = this.said.slice(-8).map((one) => JSON.stringify([one.name, one.value]).slice(0, 200)).join(' ')
    return `it said ${said}; its console: ${this.console.slice(-linesShown).join(' | ')}`
  }

  /** Ends it and removes its folder. */
  async end(): Promise<void> {
    if (this.ended === undefined) {
      this.child.kill('SIGKILL')
      await until(() => this.ended, 5000, 'the interpreter to end')
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Runs `script` until it says `done`, and gives what it said. */
export async function runDevice(modules: Record<string, string>, script: string, ms = 15_000, place: 'load' | 'loadRam' = 'load', binary?: string): Promise<Interpreter> {
  const interpreter = new Interpreter(modules, script, place, binary)
  try {
    await interpreter.hears('done', ms)
    return interpreter
  } finally {
    await interpreter.end()
  }
}
