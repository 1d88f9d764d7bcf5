/** What a board says of itself, and whether the program fits it. */
import type { BoardConsole } from './console.js'
import { FlashError } from './error.js'

export interface BoardFacts {
  /** process.env.BOARD: the name of the firmware's build. */
  firmware: string
  version: string
  /** Its console is on USB, Bluetooth or TCP, which hold the sender back by themselves. */
  consoleIsFast: boolean
  freeVariables: number
  totalVariables: number
  bytesPerVariable: number
  hasCrc32: boolean
}

/** The names of the firmware builds for our boards (process.env.BOARD). A board that is not listed may be any. */
const FIRMWARE: Record<string, string[]> = {
  esp32: ['ESP32', 'ESP32_IDF4', 'ESP32_CYD'],
  esp32s3: ['ESP32S3_IDF4'],
  esp32c3: ['ESP32C3_IDF4'],
  esp8266: ['ESP8266_4MB', 'ESP8266_BOARD'],
  espruinowifi: ['ESPRUINOWIFI']
}

/** Bytes of a variable that are not text. */
const variableOverhead = 4
/** Bytes of Storage that a file takes beside its contents. */
const fileOverhead = 32
const usualBytesPerVariable = 12

function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}

export async function askFacts(board: BoardConsole): Promise<BoardFacts> {
  const answer = await board.ask('(function(e,m){return [e.BOARD,e.VERSION,e.CONSOLE,m.free,m.total,m.blocksize,typeof E.CRC32]})(process.env,process.memory())', 'asking what board it is')
  if (!Array.isArray(answer)) throw new FlashError(`${board.link.port}: the board does not say what it is (${JSON.stringify(answer)}); Espruino 2v00 or newer is needed.`)
  const [firmware, version, console, free, total, bytes, crc32] = answer as unknown[]
  return {
    firmware: String(firmware), version: String(version),
    consoleIsFast: console === 'USB' || console === 'Bluetooth' || console === 'Telnet',
    freeVariables: number(free, 0), totalVariables: number(total, 0), bytesPerVariable: number(bytes, usualBytesPerVariable),
    hasCrc32: crc32 === 'function'
  }
}

export function checkFirmware(port: string, boardName: string, facts: BoardFacts): void {
  const names = FIRMWARE[boardName]
  if (names === undefined || names.includes(facts.firmware)) return
  throw new FlashError(`${port}: the board there runs the firmware ${facts.firmware}, but --board ${boardName} means ${names.join(' or ')}; give the right --board or --port, or --any-board when you know that it fits.`)
}

/** Fails when these files do not fit the Storage. `files`: name and size in bytes. */
export async function checkStorage(board: BoardConsole, files: { name: string; size: number }[]): Promise<void> {
  if (files.length === 0) return
  const names = JSON.stringify(files.map((file) => file.name))
  // What the files of these names take now becomes free as they are replaced; what was erased, when Storage is compacted.
  const free = await board.ask(`(function(s,n){var t=s.getStats?s.getStats():{freeBytes:s.getFree(),trashBytes:0};return t.freeBytes+t.trashBytes+n.reduce(function(a,f){var d=s.read(f);return d===undefined?a:a+d.length},0)})(require("Storage"),${names})`, 'asking for the free Storage')
  const needed = files.reduce((sum, file) => sum + fileOverhead + Math.ceil(file.size / 4) * 4, 0)
  if (typeof free !== 'number') throw new FlashError(`${board.link.port}: the board does not say how much Storage is free (${JSON.stringify(free)}).`)
  if (needed > free) throw new FlashError(`${board.link.port}: not enough Storage: ${needed} bytes are needed and ${free} are free; erase files there (require("Storage").list() shows them), or take a smaller profile.`)
}

/** Fails when a program of `size` bytes cannot run from memory: for a moment it is there twice, as text and as functions. */
export function checkMemory(port: string, facts: BoardFacts, size: number): void {
  const needed = 2 * Math.ceil(size / (facts.bytesPerVariable - variableOverhead))
  if (needed > facts.freeVariables) throw new FlashError(`${port}: not enough memory: a program of ${size} bytes takes about ${needed} variables to start and ${facts.freeVariables} are free; with --save it runs from Storage.`)
}
