/** Builds for boards, as `npx yieldmq build` makes them: what an application may import, and the forms it comes in. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import vm from 'node:vm'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { buildBoard } from '../../tools/build/board-build.js'
import { readBoards, withFeatures, type Board } from '../../tools/build/boards.js'
import { BuildError, printed } from '../../tools/build/problem.js'

vi.setConfig({ testTimeout: 60_000 })

const boards = readBoards()
const app = 'test/build/apps/report.ts'
const folder = mkdtempSync(path.join(os.tmpdir(), 'yieldmq-apps-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A project elsewhere. */
function written(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text)
  return path.join(folder, name)
}

/** A board whose globals say what is done with them. */
function machine() {
  const told: unknown[] = []
  const client = { connect: () => -30, publish: (topic: string, payload: string) => told.push([topic, payload]) }
  const hal = { text: { utf8: (text: string) => text } }
  const module = { create: (given: unknown) => (told.push(given === hal), client), run: (_client: unknown, _ms: number, fn: () => void) => fn() }
  const context: Record<string, unknown> = { hal, print: (value: unknown) => told.push(value), require: (name: string) => (told.push(name), module), setTime: () => {}, getTime: () => 0, E: {} }
  context.global = context
  return { told, context, client }
}

async function problemsOf(board: Board, file: string): Promise<string[]> {
  try {
    await buildBoard(board, file)
  } catch (error) {
    if (error instanceof BuildError) return error.problems.map(one => printed({ ...one, file: path.basename(one.file) }))
    throw error
  }
  return []
}

describe('a build for a board', () => {
  it('with an application gives one file of everything, the module, and the application on top of the module', async () => {
    const built = await buildBoard({ ...boards.esp32!, profile: 'tiny' }, app)
    const exported: Record<string, unknown> = {}
    vm.runInNewContext(built.module.code, { ...machine().context, exports: exported })
    expect(Object.keys(exported)).toEqual(expect.arrayContaining(['create', 'run']))

    expect(built.appModule!.bytes).toBeLessThan(500)
    const small = machine()
    vm.runInNewContext(built.appModule!.code, small.context)
    expect(small.told).toEqual(['yieldmq', true, true, ['plant/7/temperature', '\x01\x02{"value":21.5}']])
    expect(small.context.client, 'what the application exports is a global').toBe(small.client)

    // The whole client: it refuses a HAL without a version, by its own code.
    expect(built.app!.bytes).toBeGreaterThan(built.module.bytes / 2)
    const whole = machine()
    vm.runInNewContext(built.app!.code, whole.context)
    expect(whole.told).toEqual([false])
    expect(built.app!.modules.map(one => one.file)).toEqual(expect.arrayContaining(['test/build/apps/report.ts', 'test/build/apps/parts/reading.ts', 'firmware/bytes.ts']))
  })

  it('names the line of an application\'s source where Espruino does not run it', async () => {
    const wrong = written('wrong.ts', `import { create } from 'yieldmq'

function first(options: { name?: string } = {}): string {
  return options.name ?? 'none'
}

const seen = new Map<string, number>()
print(typeof create, first(), seen.get('a'))
`)
    expect(await problemsOf(boards.esp8266!, wrong)).toEqual(['wrong.ts:3: Espruino: default value', 'wrong.ts:7: Espruino: Map does not exist'])
  })

  it('checks the types of an application', async () => {
    const wrong = written('types.ts', "import { create } from 'yieldmq'\nimport { createHal } from 'yieldmq/moon'\n\ncreate(1, createHal())\n")
    const problems = await problemsOf(boards.esp8266!, wrong)
    expect(problems).toEqual([expect.stringContaining("types.ts:2: Cannot find module 'yieldmq/moon'"), expect.stringContaining('types.ts:4:')])
  })

  it('says that an application is not there', async () => {
    expect(await problemsOf(boards.esp32!, 'nowhere/app.ts')).toEqual(['app.ts: does not exist'])
  })

  it('switches features', async () => {
    const board = { ...boards.esp32c3!, profile: 'standard' as const }
    const more = await buildBoard(withFeatures(board, ['FEATURE_STATS']))
    const less = await buildBoard(withFeatures(board, ['no-stats']))
    expect(more.module.bytes).toBeGreaterThan(less.module.bytes)
    await expect(buildBoard(withFeatures({ ...board, profile: 'tiny' }, ['stats']))).rejects.toThrow('the core of profile tiny knows no such feature')
    expect(() => withFeatures(board, ['telepathy'])).toThrow('telepathy is not a feature (V31, V5')
  })
})

it('the package brings the files that a build needs', () => {
  const { files, dependencies } = JSON.parse(readFileSync(path.resolve('package.json'), 'utf8')) as { files: string[]; dependencies: Record<string, string> }
  expect(files).toEqual(expect.arrayContaining(['firmware', 'hal', 'tools/lib-board', 'tools/lib-firmware', 'board.json', 'board.schema.json']))
  expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(['acorn', 'ajv', 'esbuild', 'eslint-scope', 'typescript']))
})
