/** UTF-8, without a platform module, so that the simulator also runs in a browser. */
import type { Bytes, TextHal } from '../hal.js'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The bytes of a byte string as an array. */
export function toArray(bytes: Bytes): Uint8Array<ArrayBuffer> {
  const array = new Uint8Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) array[i] = bytes.charCodeAt(i)
  return array
}

/** The byte string of an array. */
export function fromArray(array: Uint8Array): Bytes {
  const parts: string[] = []
  for (let i = 0; i < array.length; i += 4096) parts.push(String.fromCharCode(...array.subarray(i, i + 4096)))
  return parts.join('') as Bytes
}

function utf8(text: string): Bytes {
  let bytes = ''
  for (const character of text) {
    const c = character.codePointAt(0)!
    if (c < 0x80) bytes += character
    else if (c < 0x800) bytes += String.fromCharCode(0xc0 | (c >> 6), 0x80 | (c & 63))
    // A lone surrogate comes here and gives ED A0..BF xx, which is not well-formed: the core refuses it.
    else if (c < 0x10000) bytes += String.fromCharCode(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63))
    else bytes += String.fromCharCode(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63))
  }
  return bytes as Bytes
}

function text(bytes: Bytes): string {
  return decoder.decode(toArray(bytes))
}

export const simText: TextHal = { utf8, text }
