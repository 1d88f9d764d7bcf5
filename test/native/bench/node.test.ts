import { expect, test } from 'vitest'
import { nodeRows, type Sizes } from '../../../tools/bench/node.js'

/** Enough to go through every path of every client; the ratios of so short a run mean nothing. */
const tiny: Sizes = { rounds: 1, messages: 300, warmup: 300, weighed: 3000 }
/** Its C program needs a compiler and a library that the tests do without. */
const againstLibmosquitto = ['node.qos1.cpu', 'node.qos1.libmosquitto']

test('every row against MQTT.js is measured to the broker\'s confirmation, in one process a client', async () => {
  const lines: string[] = []
  const rows = await nodeRows(tiny, (name) => !againstLibmosquitto.includes(name), (line) => lines.push(line))
  expect(rows.map((row) => row.name)).toEqual([
    'node.qos0', 'node.qos0.cpu', 'node.qos0.paced', 'node.qos0.paced.cpu', 'node.qos1', 'node.qos1.cpu.mqttjs',
    'node.receive.cpu', 'node.garbage.publish', 'node.garbage.receive'
  ])
  for (const row of rows) {
    expect(row.ours, row.name).toBeGreaterThan(0)
    expect(row.peer, row.name).toBeGreaterThan(0)
  }
  // Three ways of QoS 0, two of everything else, one round each.
  expect(lines).toHaveLength(3 + 2 + 2 + 2 + 2)
}, 60_000)

test('only the clients of the rows that are wanted run', async () => {
  const lines: string[] = []
  const rows = await nodeRows(tiny, (name) => name === 'node.garbage.publish', (line) => lines.push(line))
  expect(rows).toHaveLength(1)
  expect(lines.map((line) => line.split(' ').filter((word) => word.length > 0)[5])).toEqual(['yieldmq', 'mqttjs'])
}, 60_000)
