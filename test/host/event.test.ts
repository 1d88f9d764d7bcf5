import { afterAll, beforeAll, describe, test } from 'vitest'
import { createHostHal } from '../../hal/host/index.js'
import { CASES } from './cases.js'
import { driveEvents } from './drive.js'
import { startPeer } from './peer.js'

let started: Awaited<ReturnType<typeof startPeer>>
beforeAll(async () => { started = await startPeer() })
afterAll(() => started.stop())

describe('the event-driven host port', () => {
  for (const it of CASES) {
    test(it.title, async () => {
      const hal = createHostHal({ ticksOrigin: 2 ** 31 - 100, onCallbackError: () => {} })
      await driveEvents(hal, started.peer, it)
    })
  }
})
