/** Texts of a runtime whose strings are UTF-16: what the kit's own source, being ASCII, cannot hold. */
import type { Bytes } from '../../hal/hal.js'
import type { Setup } from '../../hal/conformance/index.js'

const SAMPLE = 'gr\u00fc\u00df \u6f22\u5b57 \ud83d\ude00'

export const UTF16: Pick<Setup, 'sampleText' | 'sampleBytes' | 'loneSurrogate'> = {
  sampleText: SAMPLE,
  sampleBytes: Buffer.from(SAMPLE, 'utf8').toString('latin1') as Bytes,
  loneSurrogate: 'a\ud83db'
}
