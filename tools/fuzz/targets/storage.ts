/** A store whose values were changed between two lives of the device. */
import type { Bytes } from '../../../firmware/types.js'
import { Choices } from '../choices.js'
import { damaged } from '../packets.js'
import { World } from '../world.js'
import { serve } from './stream.js'

export function run(input: Uint8Array): void {
  const c = new Choices(input)
  const w = new World(c, true)
  serve(w)
  for (let life = 0; life < 4; life += 1) {
    w.client.connect()
    for (let i = 0; i < 12 && !c.done; i += 1) {
      w.act()
      w.run(c.pick([0, 1, 10, 5000]))
      w.check()
    }
    w.sim.device.powerCut()
    w.sim.advance(c.pick([0, 1000]))
    const { values } = w.sim.device.storage
    for (const [key, value] of [...values]) {
      if (c.oneIn(3)) values.set(key, damaged(c, value))
      else if (c.oneIn(8)) values.set(key, Buffer.from(c.take(c.int(40))).toString('latin1') as Bytes)
      else if (c.oneIn(16)) values.delete(key)
    }
    w.reborn()
  }
  w.finish()
}
