/**
 * Values in `Storage`, the interpreter's files in flash. A file is written anew and the old one erased after it, so a power
 * loss leaves the old value, the new one, or a torn one.
 */
import { ErrorCode } from '../../firmware/codes.js'
import { EMPTY, cat, type Bytes } from '../../firmware/bytes.js'
import { LinkCode, type StorageHal } from '../hal.js'

declare function require(name: string): {
  read(name: string): Bytes | undefined
  write(name: string, bytes: Bytes): boolean
  erase(name: string): void
}

export interface StorageOptions {
  /** Before every key, so that the program's own files are left alone; "mq." when absent. */
  prefix?: string
  /** Bytes of a file's name: 28, or 8 before version 2v05 of the interpreter. What is longer would be cut, and meet another. */
  nameLimit?: number
  /** Bytes that one value may have; 4000 when absent. A value is in memory while it is written. */
  sizeLimit?: number
}

const enum Default { NameLimit = 28, SizeLimit = 4000 }

export function storage(this: void, options?: StorageOptions): StorageHal {
  const files = require('Storage')
  const prefix = options === undefined || options.prefix === undefined ? 'mq.' : options.prefix
  const nameLimit = options === undefined || options.nameLimit === undefined ? Default.NameLimit : options.nameLimit
  const sizeLimit = options === undefined || options.sizeLimit === undefined ? Default.SizeLimit : options.sizeLimit
  const remove = (key: string): number => {
    try {
      files.erase(prefix + key)
      return 0
    } catch {
      return LinkCode.StorageFailed
    }
  }
  return {
    get: (key) => {
      const bytes = prefix.length + key.length > nameLimit ? undefined : files.read(prefix + key)
      // What `read` gives lies in flash, and changes when the files are moved there.
      return bytes === undefined ? EMPTY : cat(EMPTY, bytes)
    },
    set: (key, bytes) => {
      if (bytes.length > sizeLimit) return ErrorCode.MessageTooLarge
      if (prefix.length + key.length > nameLimit) return LinkCode.StorageFailed
      // There are no empty files, and no value reads the same.
      if (bytes.length === 0) return remove(key)
      try {
        return files.write(prefix + key, bytes) ? 0 : LinkCode.StorageFailed
      } catch {
        return LinkCode.StorageFailed
      }
    },
    remove: remove,
    sizeLimit: () => sizeLimit
  }
}
