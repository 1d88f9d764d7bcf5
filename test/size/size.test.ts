/** `npx yieldmq size`: what it measures, what it says of budgets, and its page. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { excesses, type BoardSize } from '../../tools/size/measure.js'
import { page } from '../../tools/size/page.js'

vi.setConfig({ testTimeout: 60_000 })

const folder = mkdtempSync(path.join(os.tmpdir(), 'yieldmq-size-'))
afterAll(() => rmSync(folder, { recursive: true }))

const row: BoardSize = {
  board: 'esp8266', profile: 'tiny', bytes: 7000, budgetBytes: 7500, variables: 400, budgetVariables: 420, variablesInOneFile: 350, source: 30_000, missingPort: null,
  modules: [{ file: 'firmware/a.ts', source: 20_000, bytes: 5000 }, { file: 'hal/espruino/<b>.ts', source: 10_000, bytes: 2000 }],
  features: [{ feature: 'FEATURE_STATS', included: false, source: 300, bytes: 120 }]
}

function size(...args: string[]) {
  const { ESPRUINO_BIN: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/yieldmq.mjs', 'size', ...args], { encoding: 'utf8', timeout: 60_000, env })
  return { status, stdout, stderr }
}

/** A board file with one board whose budget is `bytes`. */
function boardsWith(bytes: number): string {
  const { boards } = JSON.parse(readFileSync('board.json', 'utf8')) as { boards: Record<string, { budget: { bytes: number } }> }
  const file = path.join(folder, 'board.json')
  writeFileSync(file, JSON.stringify({ version: 1, boards: { mine: { ...boards.esp8266!, budget: { ...boards.esp8266!.budget, bytes } } } }))
  return file
}

describe('yieldmq size', () => {
  it('prints one JSON value with a board\'s bytes, by module too, and ends with 1 where they pass the budget', () => {
    const { status, stdout, stderr } = size('--boards', boardsWith(1000), '--no-features', '--json')
    const rows = JSON.parse(stdout) as BoardSize[]
    expect(rows).toEqual([expect.objectContaining({ board: 'mine', profile: 'tiny', budgetBytes: 1000, variables: null, variablesInOneFile: null, why: 'ESPRUINO_BIN names no Espruino interpreter' })])
    expect(rows[0]!.modules.map(one => one.file)).toEqual(expect.arrayContaining(['firmware/bytes.ts', 'hal/espruino/socket.ts']))
    expect(Math.abs(rows[0]!.modules.reduce((sum, one) => sum + one.bytes, 0) / rows[0]!.bytes - 1)).toBeLessThan(0.05)
    expect(stderr).toBe(`mine: ${rows[0]!.bytes} bytes pass the budget of 1000 by ${rows[0]!.bytes - 1000}\n`)
    expect(status).toBe(1)
  })

  it('ends with 0 within the budget, and says what was not measured', () => {
    const { status, stdout, stderr } = size('--boards', boardsWith(1_000_000), '--no-features')
    expect(stdout).toContain('mine: variables not measured: ESPRUINO_BIN names no Espruino interpreter')
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it('says which runtime it does not build', () => {
    expect(size('--board', 'air780e')).toEqual({ status: 1, stdout: '', stderr: 'air780e: its runtime is luatos, which is not measured yet; this command measures builds for Espruino\n' })
  })

  it('compares both budgets and nothing that was not measured', () => {
    expect(excesses([row])).toEqual([])
    expect(excesses([{ ...row, bytes: 7501, variables: 421 }])).toEqual(['esp8266: 7501 bytes pass the budget of 7500 by 1', 'esp8266: 421 variables pass the budget of 420 by 1'])
    expect(excesses([{ ...row, variables: null, budgetBytes: null }])).toEqual([])
  })

  it('draws a page that loads nothing and has every file as a tile and in a table', () => {
    const text = page([row, { ...row, board: 'other' }])
    expect(text).not.toMatch(/(src|href)=|@import|url\(|<b>\.ts/)
    expect(text.match(/class="tile /g)).toHaveLength(4)
    expect(text).toContain('hal/espruino/&lt;b&gt;.ts: 2000 bytes, 28.6 % of the module')
    expect(text).toContain('<h2>esp8266, other</h2>')
    expect(text).toContain('FEATURE_STATS')
  })
})
