/** A modem's words, damaged in every way, into hal/at: bytes, lines, pieces of other modules' transcripts, anything. Then the line is right again. */
import { AtWorld, NAMES, transcripts } from '../at-world.js'
import { Choices } from '../choices.js'

/** Steps of one input, at most. */
const STEPS = 40

/** One piece of what came, or of what did not. */
function damaged(c: Choices, bytes: string): string[] {
  const i = c.int(256) % (bytes.length + 1)
  const n = 1 + c.int(8)
  switch (c.int(12)) {
    case 0: return [bytes.slice(0, i) + String.fromCharCode((bytes.charCodeAt(i) || 0) ^ (1 << c.int(8)) & 255) + bytes.slice(i + 1)]
    case 1: return [bytes.slice(0, i) + bytes.slice(i + n)]
    case 2: return [bytes.slice(0, i + n) + bytes.slice(i)]
    case 3: return [bytes.slice(0, i)]
    case 4: return [bytes.slice(0, i) + c.pick(transcripts()) + bytes.slice(i)]
    case 5: return [c.pick(transcripts())]
    case 6: return [bytes.slice(0, i) + Buffer.from(c.take(n * 4)).toString('latin1') + bytes.slice(i)]
    case 7: {
      const lines = bytes.split('\r\n')
      const k = i % lines.length
      return [[...lines.slice(k), ...lines.slice(0, k)].join('\r\n')]
    }
    case 8: return [bytes, bytes]
    case 9: return []
    case 10: return [...bytes.slice(0, 400)]
    default: return [bytes.slice(0, i) + '\r\n'.repeat(n) + bytes.slice(i)]
  }
}

export function run(input: Uint8Array): void {
  const c = new Choices(input)
  const w = new AtWorld(c.pick(NAMES), c.oneIn(2))
  // Some begin when all is up, some with the first byte.
  if (c.oneIn(2)) w.run(30_000)
  const often = c.pick([2, 4, 10])
  w.twist = (bytes) => (c.done || !c.oneIn(often) ? [bytes] : damaged(c, bytes))
  for (let i = 0; i < STEPS && !c.done; i += 1) {
    switch (c.int(10)) {
      case 0: case 1: w.publish(c.pick([1, 40, 600])); break
      case 2: case 3: for (const piece of damaged(c, c.pick(transcripts()))) w.hear(piece); break
      case 4: w.hear('OK\r\n'.repeat(1 + c.int(40))); break
      case 5: w.hear('\xff'.repeat(c.pick([1, 200, 256, 257, 4000]))); break
      case 6: c.pick([() => w.emulator.losePdp(), () => w.emulator.reboot(), () => w.emulator.hang(), () => w.emulator.silence(20_000), () => w.emulator.dropLink()])(); break
      default: w.client.connect()
    }
    w.run(c.pick([1, 30, 500, 5000, 60_000]))
    w.check()
  }
  w.recover()
}
