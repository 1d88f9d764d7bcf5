import { describe, expect, it } from 'vitest'
import { readRecording } from '../../tools/replay/format.js'
import { divergenceLines } from '../../tools/replay/print.js'
import { replayAll } from '../../tools/replay/segments.js'
import { LIVES } from './lives.js'
import { record } from './scenarios.js'

describe.each([1024, 4096])('a recording of %i bytes made in the middle of a connection runs from its first checkpoint without divergence', (recorder) => {
  it.each(LIVES)('$name', (life) => {
    const { bytes } = record(life, { recorder })
    const file = readRecording(bytes)
    const [one] = replayAll(file, 1000)
    expect(one!.reason).toBeUndefined()
    expect(one!.divergence === undefined ? [] : divergenceLines(one!.divergence)).toEqual([])
    expect(one!.compared).toBeGreaterThan(20)
  })
})
