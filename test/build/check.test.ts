import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

function check(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/build/run.mjs', 'tools/build/check.ts', '--out', '.cache/check-test', ...args],
    { encoding: 'utf8', timeout: 120_000 })
  return { status, out: stdout, err: stderr }
}

describe('the pipeline check', () => {
  it('prints one JSON value with every profile and target, and ends with 0 when all is well', { timeout: 150_000 }, () => {
    const { status, out, err } = check('--json', '--entry', 'test/build/samples/shapes.ts')
    expect(err).toBe('')
    const { rows, problems } = JSON.parse(out) as { rows: { profile: string; target: string; source: number; bundle: number; minified: number }[]; problems: unknown[] }
    expect(problems).toEqual([])
    expect(rows.map(row => `${row.profile} ${row.target}`)).toEqual(
      ['tiny', 'standard', 'full'].flatMap(profile => ['node', 'espruino', 'lua'].map(target => `${profile} ${target}`)))
    for (const row of rows) {
      expect(row.minified).toBeGreaterThan(100)
      expect(row.minified).toBeLessThan(row.bundle)
      expect(row.bundle).toBeLessThan(row.source)
    }
    expect(status).toBe(0)
  })

  it('names the file and line, once, and ends with 1 when something is wrong', { timeout: 150_000 }, () => {
    const { status, err } = check('--entry', 'test/build/samples/wrong-syntax.ts')
    expect(err).toContain('test/build/samples/wrong-syntax.ts')
    expect(err.match(/default value/g)?.length).toBe(1)
    expect(status).toBe(1)
  })

  it('says which entry is missing', { timeout: 150_000 }, () => {
    const { status, err } = check('--entry', 'firmware/index.nowhere.ts')
    expect(err).toContain('firmware/index.nowhere.ts: missing: the entry of profile tiny')
    expect(status).toBe(1)
  })
})
