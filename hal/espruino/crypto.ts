/** Hashes by the interpreter's `crypto`: SHA-1 everywhere, SHA-224 to SHA-512 where the board has them. */
import { EMPTY, at, b1, cat, type Bytes } from '../../firmware/bytes.js'
import type { CryptoHal } from '../hal.js'

type Digest = (this: void, bytes: Bytes) => unknown

declare function require(name: string): { SHA1: Digest; SHA224?: Digest; SHA256?: Digest; SHA384?: Digest; SHA512?: Digest }
declare const E: { toString(this: void, bytes: unknown): Bytes }
declare const Uint8Array: new (bytes: unknown) => unknown

/** Undefined on a board without the module: then a program uses what is portable. */
export function crypto(this: void): CryptoHal | undefined {
  let module: { SHA1: Digest; SHA224?: Digest; SHA256?: Digest; SHA384?: Digest; SHA512?: Digest }
  try {
    module = require('crypto')
  } catch {
    return undefined
  }
  const digestOf = (name: string): Digest | undefined => {
    if (name === 'sha256') return module.SHA256
    if (name === 'sha1') return module.SHA1
    if (name === 'sha512') return module.SHA512
    if (name === 'sha384') return module.SHA384
    return name === 'sha224' ? module.SHA224 : undefined
  }
  const hash = (name: string, bytes: Bytes): Bytes => {
    const digest = digestOf(name)
    return digest === undefined ? EMPTY : E.toString(new Uint8Array(digest(bytes)))
  }
  /** RFC 2104: the key, as long as a block, each byte combined with `pad`. */
  const padded = (key: Bytes, block: number, pad: number): Bytes => {
    let bytes = EMPTY
    for (let i = 0; i < block; i = i + 1) bytes = cat(bytes, b1((i < key.length ? at(key, i) : 0) ^ pad))
    return bytes
  }
  return {
    hash: hash,
    hmac: (name, key, bytes) => {
      const block = name === 'sha384' || name === 'sha512' ? 128 : 64
      const short = key.length > block ? hash(name, key) : key
      const inner = hash(name, cat(padded(short, block, 0x36), bytes))
      return inner.length === 0 ? EMPTY : hash(name, cat(padded(short, block, 0x5c), inner))
    }
  }
}
