/** The kit on the blocking host port: runs as a program of `runBlocking`, in a thread of its own. */
import { allCases } from '../../hal/conformance/index.js'
import { createBlockingHal } from '../../hal/host/blocking/index.js'
import { SLOT_LIMIT } from '../../hal/host/blocking/shared.js'
import { memoryInUse } from './memory.js'
import { runReal } from './run.js'
import { UTF16 } from './texts.js'
import type { BlockingArgs } from './ports.js'

const hal = createBlockingHal()
const { peer, refused, silent, folder, ids } = JSON.parse(hal.args[0] ?? '{}') as BlockingArgs
const wanted = new Set(ids)
const make = () => createBlockingHal({ storage: { folder }, onCallbackError: () => {} })

await runReal({
  ...UTF16, hal: make(), peer, refused, silent, sockets: SLOT_LIMIT, memory: memoryInUse(),
  restarted: make, wrapping: () => createBlockingHal({ ticksOrigin: 2 ** 31 - 200 })
}, allCases().filter((one) => wanted.has(one.id)), (result) => hal.report(result))
