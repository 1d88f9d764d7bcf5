/** What can be fuzzed. */
import type { Target } from '../engine.js'
import { run as api } from './api.js'
import { run as at } from './at.js'
import { run as codec } from './codec.js'
import { run as storage } from './storage.js'
import { run as stream } from './stream.js'

export const TARGETS: readonly Target[] = [
  { name: 'codec', what: 'any bytes through scanner and reader, against mqtt-packet', run: codec },
  { name: 'stream', what: 'a server that says anything, all versions and cache modes, in pieces of any size', run: stream },
  { name: 'api', what: 'any sequence of calls, also from inside callbacks', run: api },
  { name: 'storage', what: 'stores that were changed between two lives of the device', run: storage },
  { name: 'at', what: 'a modem that says anything, all families, and then the truth again', run: at }
]
