/** All promises, in the order in which docs/promises.md lists them. */
import type { Script } from '../script.js'
import { limitsKept, marksKept, packetSizes, sliceBounds } from './bounds.js'
import { inAtLeastOnce, inExactlyOnce, inOrder, outExactlyOnce } from './delivery.js'
import { fewTakeovers, sessionKept } from './identity.js'
import { deadLinkNoticed, noHammering, slowLane, statesInOrder } from './links.js'
import { bytesIntact, modemBack, modemBounds } from './modem.js'
import { noCrash, noHang, noSpin, settles } from './program.js'
import type { SimPromise } from './promise.js'
import { atLeastOnce, deadlinesKept, deliveredWasTaken, oneReceipt, unsentStaysUnsent } from './receipts.js'
import { subscriptionsFirst, subscriptionsWhole } from './subscriptions.js'
import { acksInOrder, connectionsInOrder, idsAndDup, protocolKept, windowKept } from './wire.js'

export type { SimPromise } from './promise.js'

export const PROMISES: readonly SimPromise[] = [
  oneReceipt, deliveredWasTaken, atLeastOnce, unsentStaysUnsent, deadlinesKept,
  outExactlyOnce, inExactlyOnce, inAtLeastOnce, inOrder,
  limitsKept, marksKept, packetSizes, sliceBounds,
  deadLinkNoticed, noHammering, slowLane, statesInOrder, sessionKept, fewTakeovers,
  subscriptionsWhole, subscriptionsFirst,
  protocolKept, idsAndDup, windowKept, acksInOrder, connectionsInOrder,
  bytesIntact, modemBounds, modemBack,
  noCrash, noSpin, noHang, settles
]

/** Those that hold in a script's profile. */
export function promisesFor(script: Script): SimPromise[] {
  return PROMISES.filter((promise) => promise.profiles === undefined || promise.profiles.includes(script.profile))
}
