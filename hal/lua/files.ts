/** A store of small values in files, for runtimes with `io`: one file a value, replaced as a whole. */
import { EMPTY } from '../../firmware/bytes.js'
import { LinkCode, type StorageHal } from '../hal.js'
import type { LuaIo, LuaOs, LuaString } from './lua.js'

declare const io: LuaIo
declare const os: LuaOs
declare const string: LuaString

/** Bytes that one value may have. */
const enum Limit { Value = 65536 }

/**
 * Values in files of `folder` whose names begin with `prefix`. A value is written beside the old one and then takes its place, where
 * the system can rename onto a file; where it cannot, a power loss between the two steps loses the value, and the journal copes.
 */
export function files(this: void, folder: string, prefix: string): StorageHal {
  // Keys are the client's: any byte that is not a letter or digit is written in hex.
  const nameOf = (key: string): string => {
    let name = folder + '/' + prefix
    for (let i = 1; i <= key.length; i = i + 1) {
      const one = string.sub(key, i, i)
      name = name + (string.match(one, '%w') === undefined ? string.format('_%02x', string.byte(one, 1)) : one)
    }
    return name
  }
  return {
    get: (key) => {
      const file = io.open(nameOf(key), 'rb')
      if (file === undefined) return EMPTY
      const bytes = file.read('*a')
      file.close()
      return bytes === undefined ? EMPTY : bytes
    },
    set: (key, bytes) => {
      if (bytes.length > Limit.Value) return LinkCode.StorageFailed
      const name = nameOf(key)
      const file = io.open(name + '.new', 'wb')
      if (file === undefined) return LinkCode.StorageFailed
      const isWritten = file.write(bytes) !== undefined && file.close() !== undefined
      if (isWritten && os.rename(name + '.new', name) === true) return 0
      if (isWritten) {
        os.remove(name)
        if (os.rename(name + '.new', name) === true) return 0
      }
      os.remove(name + '.new')
      return LinkCode.StorageFailed
    },
    remove: (key) => {
      const name = nameOf(key)
      os.remove(name)
      const file = io.open(name, 'rb')
      if (file === undefined) return 0
      file.close()
      return LinkCode.StorageFailed
    },
    sizeLimit: () => Limit.Value
  }
}
