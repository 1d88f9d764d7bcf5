/** The whole kit on the ports with real sockets: the simulator's score is test/conformance/kit.test.ts. */
import { execFile } from 'node:child_process'
import { expect, it } from 'vitest'
import { allCases } from '../../../hal/conformance/index.js'

interface Score { cases: number; passed: number; failed: unknown[]; notApplicable: { id: string }[] }

/** Programs of their own: the kit measures the memory and the waits of its process. */
function halCheck(port: string): Promise<Score> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['tools/build/run.mjs', 'tools/cli.ts', 'hal-check', port, '--json'], { timeout: 160_000, maxBuffer: 1e7 }, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as Score)
      } catch {
        reject(new Error(`hal-check ${port} printed no score: ${error?.message ?? ''} ${stderr}`))
      }
    })
  })
}

it('the ports for Lua have a full score on their interpreters', { timeout: 240_000 }, async () => {
  const scores = await Promise.all(['luasocket', 'luatos', 'luatask'].map(halCheck))
  expect(scores.map((one) => one.failed)).toEqual([[], [], []])
  expect(scores.map((one) => [one.cases, one.passed])).toEqual([[112, 112], [116, 116], [116, 116]])
})

it('host, host-blocking and the port of docs/porting.md have a full score, of all cases but those of parts that they do not have', { timeout: 180_000 }, async () => {
  const ports = ['host', 'host-blocking', './examples/port/port.ts']
  const scores = await Promise.all(ports.map(halCheck))
  expect(scores.map((one) => one.failed)).toEqual([[], [], []])
  expect(scores.map((one) => [one.cases, one.passed])).toEqual([[131, 131], [120, 120], [111, 111]])
  for (const one of scores) expect(one.cases + one.notApplicable.length).toBe(allCases().length)
})
