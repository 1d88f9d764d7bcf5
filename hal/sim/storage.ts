/** A store in memory. It survives a power cut of its device, and can be told to fail or to tear a value. */
import type { Bytes, Code, StorageHal } from '../hal.js'

export class SimStorage {
  readonly values = new Map<string, Bytes>()
  /** Calls of `set`, and the bytes they wrote: for counting wear. */
  writes = 0
  bytesWritten = 0
  private failCode = 0
  private tearAt = -1

  /** @param sizeLimit bytes that one value may have. */
  constructor(readonly sizeLimit: number) {}

  /** The next `set` writes nothing and returns `code` (below 0). */
  failNext(code: Code): void {
    this.failCode = code
  }

  /** The next `set` keeps only the first `bytes` bytes, as a power loss in the middle does, and still returns success. */
  tearNext(bytes: number): void {
    this.tearAt = bytes
  }

  /** The store as the device sees it. */
  hal(overLimit: Code): StorageHal {
    return {
      get: (key) => this.values.get(key) ?? ('' as Bytes),
      set: (key, bytes) => {
        if (this.failCode < 0) {
          const code = this.failCode
          this.failCode = 0
          return code
        }
        if (bytes.length > this.sizeLimit) return overLimit
        const kept = this.tearAt < 0 ? bytes : (bytes.substring(0, this.tearAt) as Bytes)
        this.tearAt = -1
        this.writes += 1
        this.bytesWritten += kept.length
        this.values.set(key, kept)
        return 0
      },
      remove: (key) => (this.values.delete(key) ? 1 : 0),
      sizeLimit: () => this.sizeLimit
    }
  }
}
