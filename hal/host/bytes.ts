/**
 * Bytes as Node programs have them: text and Uint8Array in, Buffer out. The core takes only `Bytes`.
 */
import type { Bytes } from '../hal.js'
import { text } from './text.js'

/** A text as its UTF-8 bytes, an array of bytes as they are. */
export function bytes(value: string | Uint8Array): Bytes {
  if (typeof value === 'string') return text.utf8(value)
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1') as Bytes
}

/** A copy as a Buffer. */
export function toBuffer(bytes: Bytes): Buffer {
  return Buffer.from(bytes, 'latin1')
}
