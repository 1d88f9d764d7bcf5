/** A board in a test: client and port of a profile in its Storage, and a client that says all it is told. */
import { keptBundle } from '../../../tools/build/kept.js'
import { flagsOf, type Profile } from '../../../tools/build/profiles.js'
import { Interpreter } from './interpreter.js'

/** What `require("yieldmq")` gives: client and port. */
export async function clientBundle(profile: Profile): Promise<string> {
  return (await keptBundle('espruino', { entry: `test/espruino/programs/client.${profile}.ts`, flags: flagsOf(profile) })).code
}

export interface Message { topic: string; payload: string; qos: number }

const decode = (bytes: unknown): string => Buffer.from(String(bytes), 'base64').toString('latin1')

export class Board {
  readonly device: Interpreter

  /**
   * Starts it; `client` is a global of the script. `options` are those of `create`, as far as JSON takes them; `before` is JavaScript that
   * runs before the client is made and may change `options` and `hal`, `after` runs before it connects; `first` runs before all of it, `port` makes `hal` from the module `y`.
   */
  constructor(code: string, options: object, { first = '', before = '', after = '', port = 'y.espruino()', place }: { first?: string; before?: string; after?: string; port?: string; place?: 'load' | 'loadRam' } = {}, modules: Record<string, string> = {}) {
    this.device = new Interpreter({ ...modules, yieldmq: code }, `${first}
var y = require("yieldmq"), hal = ${port}, options = ${JSON.stringify(options)}, client;
options.onLink = function(state, present, cause) {
  say("link", [state, cause]);
  if (state === "waiting") setTimeout(function() { say("idle", client.idle()); }, 1);
};
options.onReceipt = function(token, outcome, reason) { say("receipt", [outcome, reason]); };
options.onSubscribed = function(token, filter, code) { say("subscribed", [filter, code]); };
options.onMessage = function(topic, payload, packet) { say("message", [topic, btoa(payload), packet.qos]); };
${before}
client = y.create(hal, options);
${after}
say("connect", client.connect());`, place)
  }

  /** Waits until `onLink` has told `state` `count` times, and gives the cause told with the last of these. */
  async link(state: string, count = 1): Promise<number> {
    const seen = (): [string, number][] => (this.device.all('link') as [string, number][]).filter(([name]) => name === state)
    for (let i = this.device.all('link').length; seen().length < count; i += 1) await this.device.hears('link', STEP_MS, i + 1)
    return seen()[count - 1]![1]
  }

  /** Waits for `count` messages in all and gives them. */
  async messages(count: number): Promise<Message[]> {
    await this.device.hears('message', STEP_MS, count)
    return (this.device.all('message') as [string, string, number][]).map(([topic, payload, qos]) => ({ topic, payload: decode(payload), qos }))
  }

  /** What an expression of the script is now. */
  async value(expression: string): Promise<unknown> {
    this.asked += 1
    const name = `value ${this.asked}`
    this.device.type(`say(${JSON.stringify(name)}, ${expression})\n`)
    return this.device.hears(name, STEP_MS)
  }

  private asked = 0
}

/** Limit of each wait. */
const STEP_MS = 20_000
