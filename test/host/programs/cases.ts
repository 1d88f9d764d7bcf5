// Runs every case in the program's thread and reports each. The argument is the peer, as JSON.
import { createBlockingHal } from '../../../hal/host/blocking/index.js'
import { CASES } from '../cases.js'
import { driveBlocking } from '../drive.js'
import type { Peer } from '../peer.js'

const { args, report } = createBlockingHal()
const peer = JSON.parse(args[0]!) as Peer
for (const it of CASES) {
  const hal = createBlockingHal({ ticksOrigin: 2 ** 31 - 100, onCallbackError: () => {} })
  let failure = ''
  try {
    driveBlocking(hal, peer, it)
  } catch (error) {
    failure = (error as Error).stack ?? String(error)
  }
  report({ title: it.title, failure })
}
