/** Which folders the dialect watches: eslint.config.js itself, asked about paths. */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { ESLint, type Linter } from 'eslint'
import { describe, expect, it } from 'vitest'
import { rules } from '../../tools/lint/index.js'

const root = path.join(import.meta.dirname, '../..')
const eslint = new ESLint({ cwd: root })

/** The dialect's rules that are on for a file, in the order of their names. */
async function dialectOf(file: string): Promise<string[]> {
  const config = await eslint.calculateConfigForFile(path.join(root, file)) as Linter.Config
  return Object.entries(config.rules ?? {})
    .filter(([name, setting]) => name.startsWith('dialect/') && [setting].flat()[0] === 2)
    .map(([name]) => name.slice('dialect/'.length))
    .sort()
}

const all = Object.keys(rules).sort()

/** The first file that is linted loads the types of the whole project: 4 s, or many times that on a busy machine. */
const typesLimitMs = 120_000

describe('eslint.config.js', () => {
  it('has a rule for every file in tools/lint/rules', () => {
    expect(readdirSync(path.join(root, 'tools/lint/rules')).sort()).toEqual(all.map((name) => `${name}.ts`))
  })

  it('holds the core to every rule of the dialect', async () => {
    expect(await dialectOf('firmware/client.ts')).toEqual(all)
    expect(await dialectOf('firmware/codec/scan.ts')).toEqual(all)
  })

  it('lets bytes.ts alone touch the string built-ins', async () => {
    const off = all.filter((name) => !['bytes-intrinsics', 'no-bytes-plus'].includes(name))
    expect(await dialectOf('firmware/bytes.ts')).toEqual(off)
  })

  it('holds hal/espruino to the dialect but for what Lua alone asks for', async () => {
    const on = await dialectOf('hal/espruino/socket.ts')
    expect(all.filter((name) => !on.includes(name))).toEqual([
      'bytes-intrinsics', 'no-bit-operators', 'no-closure-objects', 'no-missing-builtins', 'no-this-void-class', 'plain-arrays', 'this-void'
    ])
  })

  it.each(['lua', 'luatos', 'luatask', 'luasocket'])('holds %s to the dialect but for what Espruino alone asks for', async (port) => {
    const on = await dialectOf(`hal/${port}/socket.ts`)
    expect(all.filter((name) => !on.includes(name))).toEqual(['bytes-intrinsics', 'declare-before-use', 'no-closure-objects', 'no-unparsed-syntax', 'this-void'])
  })

  it.each(['at', 'conformance'])('holds %s to the dialect, built-ins and closures aside', async (port) => {
    const on = await dialectOf(`hal/${port}/socket.ts`)
    expect(all.filter((name) => !on.includes(name))).toEqual(['bytes-intrinsics', 'no-closure-objects'])
  })

  it.each(['hal/host/socket.ts', 'hal/sim/network.ts', 'tools/build/lua.ts', 'test/codec/scan.test.ts'])('leaves %s to ordinary TypeScript', async (file) => {
    expect(await dialectOf(file)).toEqual([])
  })

  it('holds the contract to what its types can break', async () => {
    expect(await dialectOf('hal/hal.ts')).toEqual(['ascii-source', 'const-enum', 'no-mixed-return', 'this-void'])
  })

  it('reports every rule on a file of the core that breaks them all', async () => {
    const text = readFileSync(path.join(import.meta.dirname, 'fixtures/mistakes.ts.txt'), 'utf8')
    const [result] = await eslint.lintText(text, { filePath: path.join(root, 'firmware/codes.ts') })
    const reported = new Set(result?.messages.map((message) => message.ruleId))
    // A circle needs a second file, and the limits of a function a long one: their own suites have both.
    expect(all.filter((name) => !reported.has(`dialect/${name}`))).toEqual(['function-limits', 'no-import-cycle'])
  }, typesLimitMs)

  it('[S1-05] lets the core import itself and the types of the contract, and nothing else', async () => {
    const [result] = await eslint.lintText("import { connect } from 'node:net'\nconnect(1)\n", { filePath: path.join(root, 'firmware/codes.ts') })
    expect(result?.messages.map((message) => message.ruleId)).toContain('dialect/portable-imports')
  }, typesLimitMs)
})
