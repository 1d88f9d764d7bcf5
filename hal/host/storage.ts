/**
 * A store of small values: one file each in one folder. A value is written beside its old one, synced and renamed, so
 * that after a power loss the file holds the old value or the new one.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode, type Bytes, type StorageHal } from '../hal.js'

export interface StorageOptions {
  /** Where the files stand; made when it is missing. */
  folder: string
  /** Bytes that one value may have. Default 1048576. */
  sizeLimit?: number
}

const SIZE_LIMIT = 1_048_576

/** Throws when the folder cannot be made: that is a mistake of configuration, and seen at the start. */
export function createStorage(options: StorageOptions): StorageHal {
  const { folder } = options
  const sizeLimit = options.sizeLimit ?? SIZE_LIMIT
  mkdirSync(folder, { recursive: true })
  const pathOf = (key: string): string => join(folder, fileName(key))
  return {
    get(key) {
      try {
        return readFileSync(pathOf(key)).toString('latin1') as Bytes
      } catch {
        // Not there, or not readable: the contract knows one answer for both.
        return '' as Bytes
      }
    },
    set(key, bytes) {
      if (bytes.length > sizeLimit) return ErrorCode.MessageTooLarge
      const path = pathOf(key)
      try {
        const file = openSync(path + '.new', 'w')
        try {
          writeAll(file, Buffer.from(bytes, 'latin1'))
          fsyncSync(file)
        } finally {
          closeSync(file)
        }
        renameSync(path + '.new', path)
        syncFolder(folder)
        return 0
      } catch {
        return LinkCode.StorageFailed
      }
    },
    remove(key) {
      try {
        rmSync(pathOf(key), { force: true })
        return 0
      } catch {
        return LinkCode.StorageFailed
      }
    },
    sizeLimit: () => sizeLimit
  }
}

/** Letters, digits, - and _ stand for themselves, so that no key leaves the folder or collides with another. */
function fileName(key: string): string {
  const name = [...Buffer.from(key, 'utf8')].map(byte => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9_-]/.test(character) ? character : '%' + byte.toString(16).padStart(2, '0')
  })
  return name.join('') + '.value'
}

function writeAll(file: number, bytes: Buffer): void {
  let written = 0
  while (written < bytes.length) written += writeSync(file, bytes, written)
}

/** The rename itself must reach the disk. Windows cannot open a folder, and needs no such call. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
