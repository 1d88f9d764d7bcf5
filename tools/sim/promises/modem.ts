/** A modem between the device and the network: what hal/at holds, and that it comes back (docs/modems.md). */
import { Most } from '../../../hal/at/engine.js'
import { Stage } from '../../../hal/at/state.js'
import type { SimPromise } from './promise.js'

/** Bytes of one command without its data: a host of 64 bytes and its numbers, or a name server. */
const COMMAND_BYTES = 200
const UNREAD = 2048

export const bytesIntact: SimPromise = {
  name: 'bytes-intact',
  sentence: 'What the server takes and what the application is given are the bytes that were published, all of them and no others.',
  profiles: ['honest', 'power', 'slow', 'session-losing'],
  // Told by the world, where messages come and go.
  watch: () => ({})
}

export const modemBounds: SimPromise = {
  name: 'modem-bounds',
  sentence: 'With a modem: half a line, what a link has received and not given on, what it has taken and not sent, and what waits for the serial line stay within their bounds at every step, and links that ended are let go.',
  watch: (world, name) => {
    const { modem, script } = world
    if (modem === undefined) return {}
    const unread = script.modem!.unreadMax ?? UNREAD
    const over = (what: string, value: number, limit: number): void => {
      if (value > limit) world.fail(name, `${what}: ${value}, the limit is ${limit}`)
    }
    const look = (): void => {
      const { at } = modem
      const { maxSend, count } = at.family_.tcp
      over('bytes of half a line', at.part_.length, Most.Line)
      over('bytes for the serial line', at.out_.length, maxSend + COMMAND_BYTES)
      over('places for links', at.links_.length, 2 * count)
      for (const link of at.links_) {
        over('bytes received and not read', link.unread_.length, unread)
        over('bytes taken and not sent', link.out_.length, maxSend)
      }
    }
    return { slice: look, step: look }
  }
}

export const modemBack: SimPromise = {
  name: 'modem-back',
  sentence: 'With a modem: when faults stop, hal/at has the module ready again, whatever state it was left in, within what is left of a rest, one more rest and twice what all rungs may take.',
  watch: (world, name) => ({
    end: () => {
      const { modem } = world
      if (modem === undefined) return
      const { stage_: stage, word_: word } = modem.at
      if (stage !== Stage.Ready && stage !== Stage.Prepare) world.fail(name, `at the end the port is in stage ${stage}: ${word}`)
    }
  })
}
