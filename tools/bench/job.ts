/** What the bench asks of a client in its child process, and what it hears back. */

export interface Job {
  port: number
  /** `publish` and `receive` are timed; the `garbage` kinds weigh the heap instead. */
  kind: 'publish' | 'receive' | 'garbage.publish' | 'garbage.receive'
  qos: 0 | 1
  /** Messages before the clock starts, so that both sides run compiled code. */
  warmup: number
  /** Messages measured. */
  count: number
  /** Unacknowledged publishes at a time, QoS 1. */
  window: number
  topic: string
  payloadBytes: number
  /** A client may have more than one way to do the job; '' is its ordinary one. */
  way: string
}

/** Figures of one run of one client, of `count` messages. */
export interface Outcome {
  /** From before the first publish to the broker's confirmation, or from the first to the last message received. */
  wallMs: number
  /** User and system time of that client's process over the same span. */
  cpuUs: number
  /** Bytes of heap, buffers included, that the span allocated and nobody collected yet; 0 where not weighed. */
  allocatedBytes: number
}

/** The line on which a subscriber says that messages may come. */
export const READY = 'ready'
