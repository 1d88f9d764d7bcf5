import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { boardProblems, flagsOfBoard, readBoards, type Board } from '../../tools/build/boards.js'

const text = readFileSync(new URL('../../board.json', import.meta.url), 'utf8')

/** board.json with one thing changed. */
function changed(change: (boards: Record<string, Board & Record<string, unknown>>) => void): string {
  const file = JSON.parse(text)
  change(file.boards)
  return boardProblems(JSON.stringify(file)).map(one => one.message).join('\n')
}

describe('board.json', () => {
  it('has the boards that the documents name', () => {
    expect(Object.keys(readBoards())).toEqual(expect.arrayContaining(
      ['esp32', 'esp32s3', 'esp32c3', 'esp8266', 'espruinowifi', 'uart-modem', 'air780e', 'air724', 'openwrt', 'host']))
  })

  it('gives every board the flags of its profile, but for those it switches', () => {
    const { esp8266, host } = readBoards()
    expect(flagsOfBoard(esp8266!).FEATURE_V5).toBe(false)
    expect(flagsOfBoard(host!).FEATURE_V5).toBe(true)
    expect(flagsOfBoard({ ...host!, features: { FEATURE_V5: false } }).FEATURE_V5).toBe(false)
  })

  it('asks no board for more variables than it has', () => {
    for (const [name, board] of Object.entries(readBoards())) {
      if (board.memory.variables !== undefined) expect(board.budget.variables, name).toBeLessThan(board.memory.variables)
    }
  })
})

describe('a wrong board file gets an error that names the field:', () => {
  it.each<[string, (boards: Record<string, Board & Record<string, unknown>>) => void, string]>([
    ['a runtime that does not exist', b => { b.esp32!.runtime = 'zephyr' as never }, 'boards.esp32.runtime: must be equal to one of the allowed values (espruino, luatos'],
    ['a missing field', b => { delete (b.host as Partial<Board>).profile }, 'boards.host.profile: must have required property'],
    ['a field that does not exist', b => { b.host!.colour = 'red' }, 'boards.host.colour: must NOT have additional properties'],
    ['a number as text', b => { b.esp32!.memory.variables = '16383' as never }, 'boards.esp32.memory.variables: must be integer'],
    ['an Espruino board without its variables', b => { delete b.esp32!.memory.variables }, 'boards.esp32.memory.variables: must have required property'],
    ['an Espruino board without a budget of variables', b => { b.esp32!.budget.variables = null }, 'boards.esp32.budget.variables: must be integer'],
    ['a negative budget', b => { b.esp8266!.budget.bytes = -1 }, 'boards.esp8266.budget.bytes: must be >= 1'],
    ['an unknown pin function', b => { b.esp32!.pins = { laser: 'D1' } as never }, 'boards.esp32.pins.laser: property name must be valid'],
    ['an unknown feature flag', b => { b.esp32!.features = { FEATURE_TELEPATHY: true } as never }, 'boards.esp32.features.FEATURE_TELEPATHY: not a feature flag'],
    ['a port that does not exist and is said to work', b => { b.host!.port = 'hal/moon' }, 'boards.host.state: works, but there is no hal/moon']
  ])('%s', (_what, change, message) => {
    expect(changed(change)).toContain(message)
  })

  it('text that is not JSON', () => {
    expect(boardProblems('{').map(one => one.message).join()).toContain('not JSON')
  })
})
