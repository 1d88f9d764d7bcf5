/** Storage: small values that are exactly what was set, and still there after a restart. Torn ones are the journal's matter. */
import { EMPTY, at, b1, cat, cut } from '../../firmware/bytes.js'
import type { Bytes } from '../hal.js'
import { allValues, pattern } from './pattern.js'
import { ascii, check, fail, shown } from './kit.js'
import { Need, Step, type Case, type Kit } from './types.js'

const KEY = 'kit'
/** A value as large as this, or as `sizeLimit`, is written at least; a board's flash is spared more. */
const LARGE = 4000
const KEYS = 20

/** Sets, and gets back; failed where a value that was accepted is not there. */
function stored(kit: Kit, key: string, bytes: Bytes): boolean {
  const code = kit.hal.storage!.set(key, bytes)
  if (code !== 0) {
    fail(kit, 'set of ' + bytes.length + ' bytes under "' + key + '" returned ' + code + '; 0 is right')
    return false
  }
  const back = kit.hal.storage!.get(key)
  if (back !== bytes) {
    fail(kit, 'get gave ' + back.length + ' bytes that differ from the ' + bytes.length + ' that set had accepted under "' + key + '"')
    return false
  }
  return true
}

/** Failed, or the case's last word. */
function done(kit: Kit): Step {
  return kit.seen.length > 0 ? Step.Failed : Step.Done
}

function absent(kit: Kit): Step {
  const bytes = kit.hal.storage!.get('kit-never-set')
  return check(kit, bytes === EMPTY, 'get of a key that was never set gave ' + bytes.length + ' bytes')
}

function back(kit: Kit): Step {
  stored(kit, KEY, ascii('value'))
  return done(kit)
}

function overwrites(kit: Kit): Step {
  if (stored(kit, KEY, pattern(0, 200)) && stored(kit, KEY, pattern(7, 50))) stored(kit, KEY, pattern(3, 120))
  return done(kit)
}

function exact(kit: Kit): Step {
  stored(kit, KEY, allValues())
  return done(kit)
}

function empty(kit: Kit): Step {
  if (stored(kit, KEY, ascii('x'))) stored(kit, KEY, EMPTY)
  return done(kit)
}

function removes(kit: Kit): Step {
  const storage = kit.hal.storage!
  if (!stored(kit, KEY, ascii('value'))) return Step.Failed
  const code = storage.remove(KEY)
  if (code < 0) return fail(kit, 'remove returned ' + code)
  if (storage.get(KEY) !== EMPTY) return fail(kit, 'a removed value is still there')
  const again = storage.remove(KEY)
  return check(kit, again >= 0, 'remove of a key that is not there returned ' + again)
}

function manyKeys(kit: Kit): Step {
  const storage = kit.hal.storage!
  for (let i = 0; i < KEYS; i = i + 1) {
    if (!stored(kit, KEY + i, pattern(i, 10 + i))) return Step.Failed
  }
  for (let i = 0; i < KEYS; i = i + 1) {
    if (storage.get(KEY + i) !== pattern(i, 10 + i)) return fail(kit, 'the value under "' + KEY + i + '" changed when others were set')
    storage.remove(KEY + i)
  }
  return Step.Done
}

function keys(kit: Kit): Step {
  const storage = kit.hal.storage!
  const names = ['kit.1', 'kit-1', 'kit_1', 'KIT.1', 'kit/1']
  for (let i = 0; i < names.length; i = i + 1) {
    if (!stored(kit, names[i]!, b1(65 + i))) return Step.Failed
  }
  for (let i = 0; i < names.length; i = i + 1) {
    const bytes = storage.get(names[i]!)
    if (bytes.length !== 1 || at(bytes, 0) !== 65 + i) return fail(kit, 'the key "' + names[i]! + '" has the value "' + shown(bytes) + '" of another one')
    storage.remove(names[i]!)
  }
  return Step.Done
}

function large(kit: Kit): Step {
  const limit = kit.hal.storage!.sizeLimit()
  if (!(limit >= 1 && limit === limit - limit % 1)) return fail(kit, 'sizeLimit gave ' + limit)
  let bytes = pattern(0, 1000)
  while (bytes.length < LARGE) bytes = cat(bytes, pattern(bytes.length, 1000))
  if (bytes.length > limit) bytes = cut(bytes, 0, limit)
  stored(kit, KEY, bytes)
  return done(kit)
}

function tooLarge(kit: Kit): Step {
  const storage = kit.hal.storage!
  const limit = storage.sizeLimit()
  if (limit > 4194304) return Step.NotApplicable
  if (!stored(kit, KEY, ascii('old'))) return Step.Failed
  let bytes = pattern(0, 1000)
  while (bytes.length <= limit) bytes = cat(bytes, bytes)
  const code = storage.set(KEY, cut(bytes, 0, limit + 1))
  if (code >= 0) return fail(kit, 'set of ' + (limit + 1) + ' bytes returned ' + code + ' where sizeLimit is ' + limit)
  const left = storage.get(KEY)
  return check(kit, left === ascii('old'), 'after a set that was refused the old value is gone: ' + left.length + ' bytes are there')
}

function often(kit: Kit): Step {
  for (let i = 0; i < 50; i = i + 1) {
    if (!stored(kit, KEY, pattern(i, 30))) return Step.Failed
  }
  return Step.Done
}

function survives(kit: Kit): Step {
  if (!stored(kit, KEY, pattern(11, 77))) return Step.Failed
  const bytes = kit.setup.restarted!().storage!.get(KEY)
  return check(kit, bytes === pattern(11, 77), 'after a restart get gave ' + bytes.length + ' bytes instead of the 77 that were set')
}

export const storageCases: Case[] = [
  { id: 'storage.absent', needs: Need.Storage, run: absent },
  { id: 'storage.set-and-get', needs: Need.Storage, run: back },
  { id: 'storage.overwrite', needs: Need.Storage, run: overwrites },
  { id: 'storage.all-values', needs: Need.Storage, run: exact },
  { id: 'storage.empty-value', needs: Need.Storage, run: empty },
  { id: 'storage.remove', needs: Need.Storage, run: removes },
  { id: 'storage.many-keys', needs: Need.Storage, run: manyKeys },
  { id: 'storage.keys-distinct', needs: Need.Storage, run: keys },
  { id: 'storage.large-value', needs: Need.Storage, run: large },
  { id: 'storage.too-large', needs: Need.Storage, run: tooLarge },
  { id: 'storage.often', needs: Need.Storage, run: often },
  { id: 'storage.after-restart', needs: Need.StorageRestart, run: survives }
]
