/** Everything a client tells its program, written down with its time. */
import type { Code, LinkState, Options, Outcome, Properties } from '../../firmware/types.js'

export interface Receipt { t: number; token: number; outcome: Outcome; reason: Code }
export interface Heard { t: number; topic: string; payload: string; qos: number; retain: boolean; dup: boolean; packetId: number; properties: Properties | undefined }
export interface Granted { t: number; token: number; filter: string; code: Code }
export interface Link { t: number; state: LinkState; sessionPresent: boolean; cause: Code }

export class Recording {
  readonly receipts: Receipt[] = []
  readonly messages: Heard[] = []
  readonly granted: Granted[] = []
  readonly links: Link[] = []

  constructor(private readonly now: () => number) {}

  /** `options` with callbacks that write down, and then call those of `options`. */
  over(options: Options): Options {
    const { onReceipt, onMessage, onSubscribed, onLink } = options
    return {
      ...options,
      onReceipt: (token, outcome, reason) => {
        this.receipts.push({ t: this.now(), token, outcome, reason })
        onReceipt?.(token, outcome, reason)
      },
      onMessage: (topic, payload, { qos, retain, dup, packetId, properties }) => {
        this.messages.push({ t: this.now(), topic, payload, qos, retain, dup, packetId, properties: properties === undefined ? undefined : { ...properties } })
        onMessage?.(topic, payload, { qos, retain, dup, packetId, ...(properties === undefined ? {} : { properties }) })
      },
      onSubscribed: (token, filter, code) => {
        this.granted.push({ t: this.now(), token, filter, code })
        onSubscribed?.(token, filter, code)
      },
      onLink: (state, sessionPresent, cause) => {
        this.links.push({ t: this.now(), state, sessionPresent, cause })
        onLink?.(state, sessionPresent, cause)
      }
    }
  }

  /** The states in order: ["opening", "connecting", "up"]. */
  states(): LinkState[] {
    return this.links.map((link) => link.state)
  }

  /** The link's state now; `offline` before the first event. */
  get state(): LinkState {
    return this.links[this.links.length - 1]?.state ?? 'offline'
  }

  /** The receipts of one token; more than one is a fault. */
  receipt(token: number): Receipt | undefined {
    const found = this.receipts.filter((receipt) => receipt.token === token)
    if (found.length > 1) throw new Error(`token ${token} has ${found.length} receipts: ${found.map((receipt) => receipt.outcome).join(', ')}`)
    return found[0]
  }

  /** The payloads received on a topic. */
  payloads(topic: string): string[] {
    return this.messages.filter((message) => message.topic === topic).map((message) => message.payload)
  }

  /** Every token has at most one receipt. */
  checkReceipts(): void {
    for (const token of new Set(this.receipts.map((receipt) => receipt.token))) this.receipt(token)
  }
}
