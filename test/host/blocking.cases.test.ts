import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runBlocking } from '../../hal/host/blocking/index.js'
import { bundlePrograms } from './bundle.js'
import { CASES } from './cases.js'
import { startPeer } from './peer.js'

const failures = new Map<string, string>()
let stop: () => Promise<void>
let remove: () => void

beforeAll(async () => {
  const started = await startPeer()
  stop = started.stop
  const bundle = await bundlePrograms(['cases'])
  remove = bundle.remove
  await runBlocking(bundle.files[0]!, {
    args: [JSON.stringify(started.peer)],
    onReport: value => {
      const { title, failure } = value as { title: string; failure: string }
      failures.set(title, failure)
    }
  })
})
afterAll(async () => {
  remove()
  await stop()
})

describe('the blocking host port', () => {
  for (const { title } of CASES) {
    test(title, () => {
      expect(failures.get(title)).toBe('')
    })
  }
})
