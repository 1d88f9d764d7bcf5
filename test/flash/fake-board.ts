/**
 * A board for tests: the console of Espruino over TCP, as far as sending to it needs. Lines run in a JavaScript context of
 * their own with a Storage, `reset` and `load`; what a line prints comes back. Faults are chosen by the test.
 */
import type net from 'node:net'
import vm from 'node:vm'
import zlib from 'node:zlib'
import { serve, type TestServer } from '../support/servers.js'

export interface Faults {
  /** It says nothing at all. */
  silent?: boolean
  /** It sends back what it hears and runs none of it. */
  echoOnly?: boolean
  /** From this line that begins with DLE on, counted from 1, it says nothing. */
  hangsAtLine?: number
  /** At this line it ends the connection in order, or resets it. */
  dropsAtLine?: number
  resets?: boolean
  /** A program runs and holds the console until Ctrl-C. */
  busy?: boolean
}

export interface Traits {
  firmware?: string
  console?: string
  storageBytes?: number
  freeVariables?: number
  totalVariables?: number
  crc32?: boolean
}

export interface FakeBoard extends TestServer {
  storage: Map<string, string>
  /** What the board printed and what ran, beside the console: calls of `note` in programs. */
  notes: unknown[]
  /** The longest line it was sent, in bytes. */
  longestLine: number
  writes: number
}

const fileOverhead = 32

export async function fakeBoard(traits: Traits = {}, faults: Faults = {}): Promise<FakeBoard> {
  const storage = new Map<string, string>()
  const notes: unknown[] = []
  let say: (text: string) => void = () => undefined

  const used = (): number => [...storage.values()].reduce((sum, file) => sum + fileOverhead + Math.ceil(file.length / 4) * 4, 0)
  const Storage = {
    read: (name: string) => storage.get(name),
    list: () => [...storage.keys()],
    getStats: () => ({ freeBytes: (traits.storageBytes ?? 100_000) - used(), trashBytes: 0 }),
    write: (name: string, data: string, at: number, size: number) => {
      board.writes++
      const old = at === 0 ? '\xff'.repeat(size) : storage.get(name) ?? ''
      if (at + data.length > old.length) throw new Error('Too much data for file size')
      storage.set(name, old.slice(0, at) + data + old.slice(at + data.length))
      return true
    }
  }

  const fresh = (): vm.Context => {
    const context = vm.createContext({
      print: (text: unknown) => say(String(text) + '\r\n'),
      note: (value: unknown) => notes.push(value),
      require: (name: string) => {
        if (name === 'Storage') return Storage
        const code = storage.get(name)
        if (code === undefined) throw new Error(`Module ${name} not found`)
        const exported = {}
        vm.runInContext(`(function(exports){${code}\n})`, context)(exported)
        return exported
      },
      process: {
        env: { BOARD: traits.firmware ?? 'ESP32', VERSION: '2v29', CONSOLE: traits.console ?? 'Telnet' },
        memory: () => ({ free: traits.freeVariables ?? 8000, total: traits.totalVariables ?? 8190, blocksize: 14 })
      },
      E: traits.crc32 === false ? {} : { CRC32: (text: string) => zlib.crc32(Buffer.from(text, 'latin1')) },
      btoa: (text: string) => Buffer.from(text, 'latin1').toString('base64'),
      reset: () => restart(false),
      load: () => restart(true)
    })
    context.global = context
    return context
  }
  const restart = (boots: boolean): void => {
    context = fresh()
    say('\r\nEspruino\r\n')
    const code = storage.get('.bootcde')
    if (boots && code !== undefined) run(code)
    say('>')
  }
  const run = (code: string): void => {
    try {
      vm.runInContext(code, context)
    } catch (error) {
      say(`Uncaught ${(error as Error).name}: ${(error as Error).message}\r\n at line 1 col 1\r\n`)
    }
  }
  let context = fresh()
  let busy = faults.busy === true
  let lines = 0

  const take = (socket: net.Socket, line: string): void => {
    board.longestLine = Math.max(board.longestLine, line.length)
    const quiet = line.startsWith('\x10')
    if (quiet) lines++
    if (quiet && lines === faults.dropsAtLine) {
      if (faults.resets === true) socket.resetAndDestroy()
      else socket.end()
      return
    }
    if (faults.echoOnly === true) say(line + '\r\n')
    if (faults.echoOnly === true || busy || (quiet && lines >= (faults.hangsAtLine ?? Infinity))) return
    if (quiet) run(line.slice(1))
    else say('\r\n>')
  }

  const server = await serve((socket) => {
    let tail = ''
    say = (text) => socket.writable && socket.write(text, 'latin1')
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      if (faults.silent === true) return
      const text = tail + data.toString('latin1')
      const parts = text.split('\x03')
      if (parts.length > 1) busy = false
      const whole = parts[parts.length - 1].split('\n')
      tail = whole.pop() ?? ''
      for (const line of whole) take(socket, line)
    })
  })
  const board: FakeBoard = Object.assign(server, { storage, notes, longestLine: 0, writes: 0 })
  return board
}
