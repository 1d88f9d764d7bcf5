/**
 * What runs on the interpreter: our client with the Espruino port, and the peer, EspruinoDocs' MQTT.js, whose file ESPRUINO_PEER
 * names. Both are minified, both are loaded the same way.
 */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { minify } from 'terser'
import { Interpreter, runDevice } from '../../../test/espruino/support/interpreter.js'
import { keptBundle } from '../../build/kept.js'
import { flagsOf, type Profile } from '../../build/profiles.js'
import { missingInterpreter } from '../../test/espruino.js'

/** The peer as the rows name it. */
export const PEER_NAME = 'EspruinoDocs MQTT.js'

/** What the person who runs the bench has to mend: its message is all there is to say. */
export class Unprepared extends Error {}

/** The port's object, as JavaScript for a script in which the module `yieldmq` is ours. */
export const PORT = 'require("yieldmq").espruino()'

/** Client and port of a profile as one minified module. */
export async function ourBundle(profile: Profile): Promise<string> {
  return (await keptBundle('espruino', { entry: `test/espruino/programs/client.${profile}.ts`, flags: flagsOf(profile) })).code
}

/** The peer, minified by terser; undefined where ESPRUINO_PEER names none. */
export async function peerBundle(): Promise<string | undefined> {
  const file = process.env.ESPRUINO_PEER ?? ''
  if (file === '') return undefined
  if (!existsSync(file)) throw new Unprepared(`ESPRUINO_PEER names ${file}, which does not exist: it takes the file modules/MQTT.js of EspruinoDocs`)
  // The smallest of what minifiers make of it: terser may give the names of the top level new ones.
  const { code = '' } = await minify(readFileSync(file, 'latin1'), { toplevel: true, compress: { toplevel: true }, mangle: { toplevel: true } })
  if (!/exports\.create\s*=/.test(code)) throw new Unprepared(`ESPRUINO_PEER names ${file}, which exports no create: it takes the file modules/MQTT.js of EspruinoDocs`)
  return code
}

/** The interpreter that ESPRUINO_BIN names. Throws Unprepared, a sentence that says how to get one. */
export function requireInterpreter(): string {
  const missing = missingInterpreter()
  if (missing !== '') throw new Unprepared(missing)
  return process.env.ESPRUINO_BIN ?? ''
}

/** "Espruino 2v29, 32-bit, without unicode, 16383 variables of 14 bytes": what figures depend on. */
export async function describeInterpreter(binary: string): Promise<string> {
  // The fifth byte of an ELF file: 1 for 32 bits, 2 for 64.
  const header = Buffer.alloc(5)
  const file = openSync(binary, 'r')
  readSync(file, header, 0, 5, 0)
  closeSync(file)
  const bits = header[4] === 1 ? '32-bit' : header[4] === 2 ? '64-bit' : 'no ELF file'
  // Two bytes of UTF-8 in the script are one character where the build has unicode.
  const device = await runDevice({}, `var m = process.memory(); say("is", [process.version, "\xc3\xa9".length, m.total, m.blocksize]); say("done");`, 15_000, 'load', binary)
  const [version, length, total, size] = device.all('is')[0] as [string, number, number, number]
  return `Espruino ${version}, ${bits}, ${length === 1 ? 'with' : 'without'} unicode, ${total} variables of ${size} bytes`
}

/** A fresh interpreter for the time of `work`. */
export async function withDevice<T>(modules: Record<string, string>, script: string, place: 'load' | 'loadRam', work: (device: Interpreter) => Promise<T>, binary?: string): Promise<T> {
  const device = new Interpreter(modules, script, place, binary)
  try {
    return await work(device)
  } finally {
    await device.end()
  }
}
