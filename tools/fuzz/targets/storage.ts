/** A store whose values were changed between two lives of the device. */
import { u16, type Bytes } from '../../../firmware/bytes.js'
import { checksum } from '../../../firmware/checksum.js'
import { checksum as checksumOfValue } from '../../../firmware/journal-format.js'
import { checksum as checksumOfImage } from '../../../firmware/recording.js'
import { Choices } from '../choices.js'
import { damaged } from '../packets.js'
import { World } from '../world.js'
import { serve } from './stream.js'

/** `value` under a checksum that fits: what it says is wrong, and nothing shows it. Only the one who writes knows of each key. */
function signed(key: string, value: Bytes): Bytes {
  const body = (bytes: number): Bytes => value.slice(0, Math.max(0, value.length - bytes)) as Bytes
  const slot = /^yq(\d+)$/.exec(key)
  if (slot !== null) return (body(6) + checksumOfValue(body(6), body(6).length, Number(slot[1]))) as Bytes
  if (key === 'yieldmq.rec') return (body(4) + checksumOfImage(body(4), body(4).length)) as Bytes
  return (body(2) + u16(checksum(body(2), body(2).length))) as Bytes
}

/** One value changed, mostly under a checksum that fits. */
function changed(c: Choices, key: string, value: Bytes): Bytes {
  let bytes = value
  for (let n = 1 + c.int(3); n > 0; n -= 1) bytes = damaged(c, bytes, 2)
  return c.oneIn(4) ? bytes : signed(key, bytes)
}

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
      if (c.oneIn(3)) values.set(key, changed(c, key, value))
      else if (c.oneIn(8)) values.set(key, Buffer.from(c.take(c.int(40))).toString('latin1') as Bytes)
      else if (c.oneIn(16)) values.delete(key)
    }
    w.reborn()
  }
  w.finish()
}
