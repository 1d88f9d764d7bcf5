import { expect, test } from 'vitest'
import { holds, median, rowOf, toJson, type Heading, type Row } from '../../tools/bench/row.js'
import { figure, table } from '../../tools/bench/table.js'

const rate: Heading = { name: 'node.qos0', unit: 'messages/s', peerName: 'peer 1.0', better: 'more', atLeast: 1.6 }
const cpu: Heading = { ...rate, name: 'node.qos0.cpu', unit: 'us CPU/message', better: 'less', atLeast: 3 }

test('the median is the middle round, and between two the middle of both', () => {
  expect(median([900, 5, 7])).toBe(7)
  expect(median([1, 2, 4, 800])).toBe(3)
  expect(() => median([])).toThrow(/no round/)
})

test('a ratio above 1 means that we are better, for rates and for costs', () => {
  expect(rowOf(rate, [300, 320, 310], [100, 155, 200]).ratio).toBe(2)
  expect(rowOf(cpu, [2], [5]).ratio).toBe(2.5)
})

test('a row holds from its bound on, a row without a bound always', () => {
  expect(holds(rowOf(rate, [160], [100]))).toBe(true)
  expect(holds(rowOf(rate, [159], [100]))).toBe(false)
  expect(holds(rowOf({ ...rate, atLeast: 0 }, [1], [100]))).toBe(true)
  expect(holds(rowOf(rate, [NaN], [100]))).toBe(false)
})

test('the JSON of a row has the documented members and no other', () => {
  expect(toJson(rowOf(rate, [200], [100]))).toEqual({ name: 'node.qos0', unit: 'messages/s', ours: 200, peer: 100, peerName: 'peer 1.0', ratio: 2, atLeast: 1.6 })
})

test('the table names every row, and the one that is below', () => {
  const rows: Row[] = [rowOf(rate, [300_000, 310_000, 320_000], [100_000]), rowOf(cpu, [2], [5])]
  const [head, first, second] = table(rows).split('\n')
  expect(head).toMatch(/^row +unit +ours .* ratio +at least +against$/)
  expect(first).toMatch(/^node\.qos0 +messages\/s +310,000 +6 +100,000 +0 +3\.10 +1\.60 +ok +peer 1\.0$/)
  expect(second).toMatch(/^node\.qos0\.cpu .* 2\.50 +3\.00 +BELOW +peer 1\.0$/)
})

test('figures have four digits, and no exponent', () => {
  expect([123_456, 1.23456, 0.00123456, 12].map(figure)).toEqual(['123,500', '1.235', '0.001235', '12'])
})

test('a side that was not there leaves its figure and the ratio empty, and such a row promises nothing', () => {
  const alone = rowOf(rate, [300], null)
  expect(toJson(alone)).toEqual({ name: 'node.qos0', unit: 'messages/s', ours: 300, peer: null, peerName: 'peer 1.0', ratio: null, atLeast: 1.6 })
  expect(holds(alone)).toBe(true)
  expect(holds(rowOf(rate, null, [100]))).toBe(true)
  expect(table([alone]).split('\n')[1]).toMatch(/^node\.qos0 +messages\/s +300 +- +- +1\.60 +peer 1\.0$/)
})
