/** An emulated modem at the end of a pty, which the interpreter opens as its `Serial1`; behind it the real network. */
import { createHostHal } from '../../../hal/host/index.js'
import { ModemEmulator, type FamilyName } from '../../../hal/sim/modem/index.js'
import { joinPty } from '../../../tools/modem/emulate.js'
import { openPty } from '../../../tools/modem/pty.js'

export interface ModemLine {
  /** What the interpreter's `Serial1` opens. */
  path: string
  modem: ModemEmulator
  /** Commands that the module heard since it was asked last. */
  commands: () => string[]
  end: () => Promise<void>
}

/** ms that boot and registration take here: seconds in life. */
const START_MS = 300

/** A module that is switched on, on a line of 115200 bits per second. What it dials is this computer, whatever the name; its port 1883 is `port`. */
export async function startModem(port: number, family: FamilyName = 'air780'): Promise<ModemLine> {
  const pty = await openPty()
  const world = createHostHal()
  const dial: typeof world.socket.open = (endpoint) => world.socket.open({ ...endpoint, host: '127.0.0.1', port: endpoint.port === 1883 ? port : endpoint.port })
  const modem = new ModemEmulator({ ...world, socket: { open: dial } }, { family, pacing: true, bootMs: START_MS, registerMs: START_MS })
  let heard = ''
  joinPty(modem, pty, {
    onBytes: (from, bytes) => {
      if (from === 'host') heard += bytes
    }
  })
  return {
    path: pty.path,
    modem,
    commands() {
      const lines = heard.split('\r\n').filter((line) => line.startsWith('AT'))
      heard = ''
      return lines
    },
    async end() {
      modem.close()
      await pty.close()
    }
  }
}

/** What a script begins with: the pins of board.json, by names that the Linux build does not have. */
export const PINS = 'var B4 = D4, B5 = D5, B6 = D6, B7 = D7;\n'

/** The port's object, as JavaScript; `module` is what the board's module gives. */
export function portOf(path: string, module = 'exports'): string {
  return `${module}.espruino({ uart: { path: ${JSON.stringify(path)} }, apn: "internet" })`
}
