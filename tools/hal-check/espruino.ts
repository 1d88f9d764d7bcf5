/** The port for Espruino: against the stand-in, and, where ESPRUINO_BIN names one, under the real interpreter as well. */
import type { Case } from '../../hal/conformance/index.js'
import type { Hal } from '../../hal/hal.js'
import { Interpreter } from '../../test/espruino/support/interpreter.js'
import { keptBundle } from '../build/kept.js'
import { flagsOf } from '../build/profiles.js'
import { memoryInUse } from './memory.js'
import { startPeer } from './peer.js'
import { EspruinoStub } from './espruino-stub.js'
import { merged, resultOf, runReal, type OnResult, type Result } from './run.js'

/** Received and unread bytes at which the port stops reading, and some pieces. */
const RECEIVE_LIMIT = 4096

/** In the stand-in, with ESP8266's way to fail: later, and by a code. */
export async function checkStub(cases: Case[], onResult: OnResult): Promise<void> {
  const stub = new EspruinoStub({ sockets: 8 })
  const boot = async (): Promise<Hal> => {
    const { espruino, storage, crypto } = await stub.boot()
    return espruino({ storage: storage(), crypto: crypto() })
  }
  const hal = await boot()
  const again = await boot()
  const { peer, refused, silent, close } = await startPeer()
  try {
    await runReal({ hal, peer, refused, silent, sockets: 8, receiveLimit: RECEIVE_LIMIT, memory: memoryInUse(), restarted: () => again }, cases, onResult)
  } finally {
    await close()
  }
}

/** Cases that fill the buffers of two systems, 536 bytes at a time: seconds each, so they are dealt out first. */
const SLOW = new Set(['wake.for-credit', 'write.bounded', 'write.full-takes-zero', 'write.credit-falls', 'write.credit-returns'])
const INTERPRETERS = 3
/** ms for all of one interpreter's cases. */
const LIMIT_MS = 400_000

function dealt(cases: Case[]): Case[][] {
  const order = [...cases.filter((one) => SLOW.has(one.id)), ...cases.filter((one) => !SLOW.has(one.id))]
  const hands = Array.from({ length: INTERPRETERS }, (_, hand) => order.filter((_one, i) => i % INTERPRETERS === hand))
  return hands.filter((hand) => hand.length > 0)
}

/** Under the interpreter that ESPRUINO_BIN names, all of it: the port, its parts and the kit. */
export async function checkInterpreter(cases: Case[], onResult: OnResult): Promise<void> {
  const { code } = await keptBundle('espruino', { entry: 'tools/hal-check/espruino-program.ts', flags: flagsOf('full') })
  await Promise.all(dealt(cases).map(async (hand) => {
    // Each has a peer of its own: the peer tells connections apart by numbers that every run begins anew.
    const { peer, refused, close } = await startPeer()
    const arguments_ = [peer, refused, hand.map((one) => one.id)].map((one) => JSON.stringify(one)).join(', ')
    const device = new Interpreter({ kit: code }, `require("kit").start(${arguments_}, function(id, outcome, seen, ms) { say("case", [id, outcome, seen, ms]); });`, 'loadRam')
    try {
      for (let i = 1; i <= hand.length; i++) {
        const [id, outcome, seen, ms] = await device.hears('case', LIMIT_MS, i) as [string, number, string, number]
        onResult(resultOf(id, outcome, seen, ms))
      }
    } finally {
      await device.end()
      await close()
    }
  }))
}

export async function checkEspruino(cases: Case[], onResult: OnResult): Promise<Result[]> {
  const kinds: Result[][] = [[]]
  await checkStub(cases, (result) => kinds[0]!.push(result))
  if ((process.env.ESPRUINO_BIN ?? '') !== '') {
    const real: Result[] = []
    kinds.push(real)
    await checkInterpreter(cases, (result) => real.push(result))
  }
  const all = merged(kinds)
  all.forEach(onResult)
  return all
}
