/** The examples for boards build for every board that can run them, on top of the module as in one file. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { sourcesOf, MODULE } from '../../tools/build/app.js'
import { flagsOfBoard, readBoards } from '../../tools/build/boards.js'
import { buildEspruino } from '../../tools/build/espruino.js'

vi.setConfig({ testTimeout: 60_000 })

const FOLDER = 'examples/espruino'
const examples = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name)

/** Boards with a Wi-Fi of their own, by what makes their builds differ. */
const kinds = new Map<string, string[]>()
const boards = readBoards()
for (const [name, board] of Object.entries(boards)) {
  if (board.runtime !== 'espruino' || board.port !== 'hal/espruino') continue
  const kind = JSON.stringify([board.profile, flagsOfBoard(board), board.tls])
  kinds.set(kind, [...kinds.get(kind) ?? [], name])
}
const named = [...kinds.values()].map((names) => ({ names: names.join(', '), board: boards[names[0]!]! }))

describe('the examples for boards', () => {
  it('are there, and boards of three kinds', () => {
    expect(examples).toEqual(['deep-sleep', 'telemetry', 'tls'])
    expect(named.map((kind) => kind.names).sort()).toEqual(['esp32, esp32s3', 'esp32c3, espruinowifi', 'esp8266'])
  })

  it.each(named)('build for $names', async ({ board }) => {
    const around = sourcesOf(board)
    const wanted = examples.filter((name) => name !== 'tls' || board.tls)
    // All at once, as the types of the client are looked at for each build.
    const entry = path.resolve(FOLDER, 'all.ts')
    const texts = new Map([...around.texts, [entry, wanted.map((name) => `import './${name}/app.js'\n`).join('')]])
    const built = await buildEspruino({ entry, flags: flagsOfBoard(board), minify: true, around: { ...around, texts }, form: 'program', onBoard: { name: MODULE, files: around.onBoard } })
    expect(built.code).toContain('require("yieldmq")')
    for (const name of ['deepSleep', '/readings', ...(board.tls ? ['insecureNoVerify'] : [])]) expect(built.code).toContain(name)
  })
})
