import { beforeAll, describe, expect, it, vi } from 'vitest'
import { buildEspruino, type Bundle } from '../../tools/build/espruino.js'
import { buildLua } from '../../tools/build/lua.js'
import { bundleNode } from '../../tools/build/node.js'
import { BuildError } from '../../tools/build/problem.js'
import { flagsOf, type Flags } from '../../tools/build/profiles.js'
import { report } from './samples/shapes.js'
import { report as clientReport } from './samples/client.js'
import { report as codecReport } from './samples/codec.js'
import { callCommonJs, callFengari, callModule } from './support/run.js'

const SHAPES = 'test/build/samples/shapes.ts'
const CODEC = 'test/build/samples/codec.ts'
const CLIENT = 'test/build/samples/client.ts'
const full = flagsOf('full')

// A whole program is compiled in each of them.
vi.setConfig({ testTimeout: 60_000 })

function failure(make: () => unknown): Promise<string> {
  return Promise.resolve().then(make).then(() => 'no failure', (error: unknown) => {
    if (!(error instanceof BuildError)) throw error
    return error.message
  })
}

describe('one program through three pipelines', () => {
  for (const [name, entry, expected] of [['a sample of every construct', SHAPES, report], ['the codec', CODEC, codecReport], ['the client', CLIENT, clientReport]] as const) {
    for (const minify of [false, true]) {
      it(`gives the bytes of the source: ${name}, ${minify ? 'minified' : 'not minified'}`, { timeout: 90_000 }, async () => {
        const bytes = Buffer.from(expected(), 'latin1')
        expect(bytes.length).toBeGreaterThan(100)
        const options = { entry, flags: full, minify }
        expect((await callModule((await bundleNode(options)).code, 'report')).equals(bytes)).toBe(true)
        expect(callCommonJs((await buildEspruino(options)).code, 'report').equals(bytes)).toBe(true)
        expect(callFengari(buildLua(options).code, 'report').equals(bytes)).toBe(true)
      })
    }
  }

  it('gives the same on all of them with the features of tiny', async () => {
    const options = { entry: SHAPES, flags: flagsOf('tiny') }
    const bytes = await callModule((await bundleNode(options)).code, 'report')
    expect(bytes.equals(Buffer.from(report(), 'latin1'))).toBe(false)
    expect(callCommonJs((await buildEspruino(options)).code, 'report').equals(bytes)).toBe(true)
    expect(callFengari(buildLua(options).code, 'report').equals(bytes)).toBe(true)
  })
})

describe('the outputs', () => {
  const made: Record<string, string> = {}
  const build = async (flags: Flags): Promise<[Bundle, Bundle]> => [
    await buildEspruino({ entry: SHAPES, flags, minify: false }), buildLua({ entry: SHAPES, flags, minify: false })
  ]
  beforeAll(async () => {
    const [js, lua] = await build(flagsOf('tiny'))
    const [jsFive, luaFive] = await build(full)
    Object.assign(made, { js: js.code, lua: lua.code, jsFive: jsFive.code, luaFive: luaFive.code })
  })

  it('hold no call of an intrinsic', () => {
    expect(made.js).not.toMatch(/(?<![.\w])(b[1-4]|cat|at|cut|keep|join)\(/)
    expect(made.js).toContain('.charCodeAt(')
    expect(made.js).toContain('.substring(')
    expect(made.lua).not.toMatch(/(?<![.\w])(b[1-4]|cat|at|cut|keep|join)\(/)
    expect(made.lua).toMatch(/____char\(frame\.\w+, 1, 2, 3\) \.\. ____char\(/)
    expect(made.lua).toContain('____byte(bytes, i + 1)')
  })

  it('hold no feature flag, no dead branch and nothing that only a dead branch reaches', () => {
    for (const code of [made.js, made.lua]) {
      expect(code).not.toContain('FEATURE_')
      expect(code).not.toContain('onlyInFive')
      expect(code).not.toContain('unusedHelper')
    }
    for (const code of [made.jsFive, made.luaFive]) {
      expect(code).toContain('onlyInFive')
      expect(code).toContain('unusedHelper')
      expect(code).not.toContain('> 200')
    }
  })

  it('have short names for members that end in _ and keep all others', () => {
    for (const code of [made.js, made.lua]) {
      expect(code).not.toMatch(/kind_|body_|count_/)
      expect(code).toContain('size')
      expect(code).toContain('step')
    }
  })

  it('carry no Lua library but what is used', () => {
    expect(made.lua).not.toContain('__TS__StringCharCodeAt')
    expect(made.lua).toContain('__TS__Class')
    expect(made.lua).not.toContain('require(')
  })

  it('are the same twice', async () => {
    const [js, lua] = await build(flagsOf('tiny'))
    expect(js.code).toBe(made.js)
    expect(lua.code).toBe(made.lua)
  })
})

describe('a build fails, and names the line,', () => {
  it('on a type that the restricted library does not have', async () => {
    const message = await failure(() => buildLua({ entry: 'test/build/samples/wrong-library.ts', flags: full }))
    expect(message).toContain('test/build/samples/wrong-library.ts:3:')
    expect(message).toContain('Map')
  })

  it('on a warning of typescript-to-lua, such as the truth of a number', async () => {
    const message = await failure(() => buildLua({ entry: 'test/build/samples/wrong-truth.ts', flags: full }))
    expect(message).toMatch(/wrong-truth\.ts:3: Only false and nil/)
  })

  it('on what esbuild lets through and Espruino does not run', async () => {
    const message = await failure(() => buildEspruino({ entry: 'test/build/samples/wrong-syntax.ts', flags: full }))
    expect(message).toContain('default value')
  })

  it('on a call that reaches a later declaration', async () => {
    const message = await failure(() => buildEspruino({ entry: 'test/build/samples/wrong-order.ts', flags: full }))
    expect(message).toContain('before its declaration')
  })

  it('on a circular import', async () => {
    const message = await failure(() => buildLua({ entry: 'test/build/samples/wrong-circle.ts', flags: full }))
    expect(message).toContain('circular import')
  })

  it('on an unknown feature flag', async () => {
    const message = await failure(() => buildLua({ entry: 'test/build/samples/wrong-flag.ts', flags: full }))
    expect(message).toMatch(/wrong-flag\.ts:\d+: FEATURE_TELEPATHY/)
  })

  it('on an intrinsic used as a value or hidden by a name', async () => {
    const message = await failure(() => buildLua({ entry: 'test/build/samples/wrong-intrinsic.ts', flags: full }))
    expect(message).toMatch(/wrong-intrinsic\.ts:4: cat is a compile-time form/)
    expect(message).toMatch(/wrong-intrinsic\.ts:6: at hides the byte intrinsic/)
  })
})
