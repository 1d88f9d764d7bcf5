/** The program goes on, and everything comes to rest. */
import { settleLimitMs, subscriptionsDiffer, owed } from '../settle.js'
import { THROWN } from '../program.js'
import type { SimPromise } from './promise.js'

export const noCrash: SimPromise = {
  name: 'no-crash',
  sentence: 'No call throws, no call answers with a code that it should not, and the port\'s contract is kept: the program never ends for a fault of the network or of a server.',
  watch: (world, name) => {
    let seen = 0
    let violations = 0
    return {
      step: () => {
        const { system, violations: broken } = world.sim.device
        for (; seen < system.errors.length; seen++) {
          const error = system.errors[seen]
          if (!(error instanceof Error) || error.message !== THROWN) world.fail(name, error instanceof Error ? error.stack ?? error.message : String(error))
        }
        for (; violations < broken.length; violations++) world.fail(name, `the port's contract: ${broken[violations]}`)
      }
    }
  }
}

export const settles: SimPromise = {
  name: 'settles',
  sentence: 'When faults stop, the link is up again and the outbox empty within a stated time: 1.5 x keepalive, the delays of four attempts, two ack deadlines and five minutes.',
  watch: (world, name) => ({
    end: () => {
      const limit = settleLimitMs(world)
      const stats = world.client.stats()
      const cause = JSON.stringify(world.client.explain())
      if (world.state !== 'up') world.fail(name, `${limit} ms after faults stopped the link is ${world.state}; cause ${cause}`)
      else if (stats.outboxCount > 0) world.fail(name, `${limit} ms after faults stopped ${stats.outboxCount} messages wait, ${stats.inflight} in flight; cause ${cause}`)
      else if (subscriptionsDiffer(world) === undefined && owed(world).length === 0 && world.sent.some((sent) => world.mustEnd(sent) && sent.receipts.length === 0)) world.fail(name, `${limit} ms after faults stopped a receipt is still owed; cause ${cause}`)
    }
  })
}

/** Reported by the run itself: the simulator counts wakes and waits without time passing. */
export const noSpin: SimPromise = {
  name: 'no-spin',
  sentence: 'The client never spins: it does not wake again and again without time passing or work being done.',
  watch: () => ({})
}

/** Reported by the pool: a worker that does not answer is ended. */
export const noHang: SimPromise = {
  name: 'no-hang',
  sentence: 'Every run ends: no call of the client keeps the processor for itself.',
  watch: () => ({})
}
