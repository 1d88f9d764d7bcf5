/** Variables of the real interpreter that a client takes, from its `require` to a link that is up. */
import { createServer, type AddressInfo } from 'node:net'
import { existsSync } from 'node:fs'
import { runDevice } from '../../test/espruino/support/interpreter.js'
import { PINS, portOf, startModem } from '../../test/espruino/support/modem.js'
import type { Board } from '../build/boards.js'
import { isModemBoard } from '../build/modem-port.js'

export interface Variables {
  /** The module in Storage. */
  module?: number
  /** Its text run where an application's is: functions made there keep no scope, a variable less for each. */
  oneFile?: number
  /** Why there is nothing. */
  why?: string
}

const LIMIT_MS = 30_000
const CONNACK = Buffer.from([0x20, 2, 0, 0])

/** What makes a module's text run as an application's own does. */
const ONE_FILE = 'exports = {}; eval(require("Storage").read("yieldmq"));'

// The names are longer than a minifier's. What belongs to the interpreter comes into being when first used: it is there before the count begins.
const script = (port: number, hal: string, load: string): string => `${PINS}
String; Array; Object; Math; Number; Function; E; Modules; require("net"); require("Storage"); getTime; setTimeout; setInterval; clearTimeout; clearInterval; parseInt;
var exports, client, before = 0;
function whenUp(state) { if (state === "up") setTimeout(function() { say("variables", used() - before); say("done"); }, 200); }
before = used();
${load}
client = exports.create(${hal}, { servers: [{ host: "127.0.0.1", port: ${port} }], clientId: "size", onLink: whenUp });
client.connect();`

/** Measures the text of a board's module on the interpreter that ESPRUINO_BIN names; behind hal/at with an emulated modem. */
export async function variablesOf(code: string, board: Board): Promise<Variables> {
  const binary = process.env.ESPRUINO_BIN ?? ''
  if (binary === '') return { why: 'ESPRUINO_BIN names no Espruino interpreter' }
  if (!existsSync(binary)) return { why: `ESPRUINO_BIN names ${binary}, which does not exist` }
  const server = createServer(socket => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => socket.write(CONNACK))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const count = async (load: string): Promise<number> => {
    const line = isModemBoard(board) ? await startModem(port, board.modem!) : undefined
    try {
      const hal = line === undefined ? 'exports.espruino()' : portOf(line.path)
      return (await runDevice({ yieldmq: code }, script(port, hal, load), LIMIT_MS)).all('variables')[0] as number
    } finally {
      await line?.end()
    }
  }
  try {
    return { module: await count('exports = require("yieldmq");'), oneFile: await count(ONE_FILE) }
  } catch (error) {
    if (/LOW_MEMORY|out of memory/i.test((error as Error).message)) return { why: 'the interpreter of ESPRUINO_BIN has too few variables for it' }
    throw error
  } finally {
    server.close()
  }
}
