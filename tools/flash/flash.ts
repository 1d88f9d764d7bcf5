/** Sends a program to a board, verifies what arrived, and starts it. */
import { BoardConsole } from './console.js'
import { FlashError } from './error.js'
import { askFacts, checkFirmware, checkMemory, checkStorage } from './facts.js'
import { BOOT_FILE, type Code, type Load } from './files.js'
import { Link } from './link.js'
import { Transfer, type Place, type Progress, type Proof } from './transfer.js'

export interface Order {
  board: string
  /** A device, or tcp://HOST:PORT. */
  port: string
  baud: number
  load: Load
  /** Into Storage, so that the program starts whenever the board does. */
  save: boolean
  anyBoard: boolean
  /** Milliseconds that each answer may take. */
  limitMs: number
  /** Called before each file with its place and size, and then with bytes. */
  begin?: (place: string, bytes: number) => void
  progress?: Progress
}

export interface SentFile {
  file: string
  bytes: number
  place: 'storage' | 'memory'
  /** The name in Storage, null in memory. */
  name: string | null
  /** It was there already, byte for byte. */
  unchanged: boolean
  verified: Proof
}

export interface Flashed {
  board: string
  port: string
  firmware: string
  version: string
  saved: boolean
  files: SentFile[]
  seconds: number
}

/** The variable that holds the program's text until it has started. */
const TEXT = 'yieldmqText'

/** Sends one file if it is not there yet, and verifies it. */
async function bring(transfer: Transfer, place: Place, code: Code, order: Order): Promise<SentFile> {
  order.begin?.(place.kind === 'storage' ? code.name : 'memory', code.bytes.length)
  const unchanged = place.kind === 'storage' && await transfer.has(place, code.bytes)
  if (unchanged) order.progress?.(code.bytes.length)
  else await transfer.send(place, code.bytes)
  const verified = await transfer.verify(place, code.bytes)
  return { file: code.file, bytes: code.bytes.length, place: place.kind, name: place.kind === 'storage' ? code.name : null, unchanged, verified }
}

async function converse(link: Link, order: Order): Promise<Flashed> {
  const started = performance.now()
  const { load, save, port } = order
  const board = new BoardConsole(link, order.limitMs)
  await board.prompt()
  const facts = await askFacts(board)
  if (!order.anyBoard) checkFirmware(port, order.board, facts)
  if (port.startsWith('tcp://') || facts.consoleIsFast) link.fast()
  // What ran before is gone, its timers and handlers too, and a program in Storage is not started.
  board.run('reset();')
  await board.prompt()
  const stored = save ? [...load.modules, load.program] : load.modules
  await checkStorage(board, stored.map((code) => ({ name: code.name, size: code.bytes.length })))
  const clean = await askFacts(board)
  if (!save) checkMemory(port, clean, load.program.bytes.length)

  const transfer = new Transfer(board, clean, (bytes) => order.progress?.(bytes))
  const files: SentFile[] = []
  for (const code of stored) files.push(await bring(transfer, { kind: 'storage', name: code.name }, code, order))
  if (!save) files.push(await bring(transfer, { kind: 'memory', name: TEXT }, load.program, order))
  await start(board, save)
  return { board: order.board, port, firmware: facts.firmware, version: facts.version, saved: save, files, seconds: Math.round(performance.now() - started) / 1000 }
}

/** Starts the program and fails when it reports an error at once. */
async function start(board: BoardConsole, saved: boolean): Promise<void> {
  const line = saved ? 'load();' : `eval(${TEXT});delete ${TEXT};`
  const alive = await board.ask('1', saved ? `the program starts from ${BOOT_FILE}` : 'the program starts', line)
  if (alive !== 1) throw new FlashError(`${board.link.port}: the board answers ${JSON.stringify(alive)} and not 1 after the start.`)
}

/** Does it all. Fails with a FlashError that names the port. */
export async function flash(order: Order): Promise<Flashed> {
  const link = await Link.open(order.port, order.baud)
  try {
    return await converse(link, order)
  } finally {
    await link.close()
  }
}
