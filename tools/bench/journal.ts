/**
 * Write amplification of the journal: bytes given to the store for each byte of topic and payload accepted, 200 messages of
 * 64 bytes on a link with 20 ms each way, one every 3 ms. The peer is the plain way to do it: the whole queue as one value, written
 * again at each change (a message accepted, PUBREC seen, a message ended), 8 bytes of state a message and 16 for frame and
 * checksum. It is counted on the same run, at the same moments.
 */
import { runPlan, type Traffic } from '../journal/cuts.js'
import { rowOf, type Row } from './row.js'

const MESSAGES = 200
const MESSAGE_STATE_BYTES = 8
const FRAME_BYTES = 16

function rowFor(name: string, traffic: Traffic): Row {
  let naive = 0
  const run = runPlan({
    version: 4, traffic, messages: MESSAGES, cuts: [],
    onChange: (count, bytes) => { naive += FRAME_BYTES + bytes + count * MESSAGE_STATE_BYTES }
  })
  if (run.broken.length > 0) throw new Error(`${name}: ${run.broken.join('; ')}`)
  const heading = { name, unit: 'bytes written/byte', peerName: 'whole queue as one value', better: 'less' as const, atLeast: 5 }
  return rowOf(heading, [run.bytes / run.accepted], [naive / run.accepted])
}

/** QoS 1 and QoS 2. */
export function journalRows(): Row[] {
  return [rowFor('journal.amplification', 'qos1'), rowFor('journal.amplification.qos2', 'qos2')]
}
