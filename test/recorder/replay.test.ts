import { describe, expect, it } from 'vitest'
import { readRecording } from '../../tools/replay/format.js'
import { divergenceLines } from '../../tools/replay/print.js'
import { replayAll } from '../../tools/replay/segments.js'
import { record, SCENARIOS } from './scenarios.js'

describe('a recording made in the simulator runs through the same core without divergence', () => {
  it.each(SCENARIOS)('$name', (scenario) => {
    const { bytes } = record(scenario)
    const file = readRecording(bytes)
    const segments = replayAll(file, 1000)
    for (const one of segments) {
      expect(one.reason).toBeUndefined()
      expect(one.divergence === undefined ? [] : divergenceLines(one.divergence)).toEqual([])
      expect(one.compared).toBeGreaterThan(4)
    }
  })
})
