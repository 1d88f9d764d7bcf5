/** What `npm test` stands on: commands with a limit, counts that hide nothing, and the native programs. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { countTests } from '../../tools/test/counts.js'
import { execute } from '../../tools/test/execute.js'
import { nativePath, nativePrograms } from '../../tools/test/native.js'
import { allStages, typeProjects } from '../../tools/test/stages.js'

let folder = ''
beforeEach(() => { folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-run-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

const node = (code: string, limitMs: number) => execute([process.execPath, '-e', code], path.join(folder, 'log'), limitMs, process.env)

describe('a command of a stage', () => {
  it('gives no problem when it ends with status 0, and its output is in the log', async () => {
    expect(await node("console.log('out'); console.error('err')", 20_000)).toBe('')
    expect(readFileSync(path.join(folder, 'log'), 'utf8').split('\n').sort()).toEqual(['', 'err', 'out'])
  })

  it('names the status it ended with', async () => {
    expect(await node('process.exit(3)', 20_000)).toBe('ended with status 3')
  })

  it('names the program that is not there', async () => {
    expect(await execute(['no-such-program-here'], path.join(folder, 'log'), 20_000, process.env)).toContain('no-such-program-here')
  })

  it('is ended at its limit together with what it started, and the limit is named', async () => {
    const child = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); setInterval(() => {}, 1000)`
    // The promise settles only when the grandchild has let go of the output, too.
    expect(await node(child, 300)).toBe('over its limit of 0.3 s')
  })
})

describe('the counts of a suite', () => {
  const results = (...statuses: string[]) => JSON.stringify({ testResults: [{ assertionResults: statuses.map((status, index) => ({ status, fullName: `test ${index}` })) }] })

  it('say how many passed', () => {
    expect(countTests(results('passed', 'failed', 'passed'))).toEqual({ note: '2 of 3 tests in 1 files', problem: '' })
  })

  it.each(['skipped', 'pending', 'todo'])('call a %s test a problem and name it', (status) => {
    expect(countTests(results('passed', status)).problem).toContain('test 1')
  })

  it('call a run without a test a problem', () => {
    expect(countTests(results()).problem).toBe('no test was run')
  })
})

describe('the stages', () => {
  it('have a limit each, and their suites together cover every folder of test/ once', () => {
    for (const stage of allStages()) expect(stage.limitMs).toBeGreaterThan(0)
    expect(new Set(allStages().map((stage) => stage.results ?? stage.name)).size).toBe(allStages().length)
  })

  it('check the types of every project file, and not of bases and fixtures', () => {
    expect(typeProjects()).toContain('tsconfig.json')
    expect(typeProjects()).not.toContain('tsconfig.base.json')
    expect(typeProjects().filter((file) => !existsSync(file) || file.includes('fixtures'))).toEqual([])
  })

  it('look for daemons where Debian keeps them, and name a package for every program', () => {
    expect(nativePath().split(path.delimiter)).toContain('/usr/sbin')
    expect(nativePrograms.filter((program) => !/^[a-z0-9.-]+$/.test(program.pkg) || program.probe.length < 2)).toEqual([])
  })
})
