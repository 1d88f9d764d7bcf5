/** The kept corpus: inputs that fuzzing found to reach code that others do not. Each passes. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { TARGETS } from '../../tools/fuzz/targets/index.js'

const CORPUS = 'test/fuzz/corpus'

function filesOf(name: string): string[] {
  const folder = `${CORPUS}/${name}`
  return existsSync(folder) ? readdirSync(folder).sort().map((file) => `${folder}/${file}`) : []
}

describe('the kept corpus', () => {
  it.each(TARGETS.map(({ name, run }) => ({ name, run })))('passes: $name', { timeout: 60_000 }, ({ name, run }) => {
    const files = filesOf(name)
    expect(files.length).toBeGreaterThan(20)
    for (const file of files) {
      try {
        run(new Uint8Array(readFileSync(file)))
      } catch (error) {
        throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
      }
    }
  })

  it('stays small', () => {
    const bytes = TARGETS.flatMap(({ name }) => filesOf(name)).reduce((sum, file) => sum + statSync(file).size, 0)
    expect(bytes).toBeLessThan(500_000)
  })
})
