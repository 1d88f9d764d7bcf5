/**
 * Hashes by node:crypto, under its names: "md5", "sha1", "sha256", ...
 */
import { createHash, createHmac, getHashes } from 'node:crypto'
import type { Bytes, CryptoHal } from '../hal.js'

const NONE = '' as Bytes
const names = new Set(getHashes())

export const crypto: CryptoHal = {
  hash(name, bytes) {
    if (!names.has(name)) return NONE
    return createHash(name).update(bytes, 'latin1').digest('binary') as Bytes
  },
  hmac(name, key, bytes) {
    if (!names.has(name)) return NONE
    return createHmac(name, Buffer.from(key, 'latin1')).update(bytes, 'latin1').digest('binary') as Bytes
  }
}
