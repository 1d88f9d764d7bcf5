import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PULSES } from '../../hal/at/ladder.js'
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

  it('builds no TLS for a board whose firmware has none', () => {
    const { esp32 } = readBoards()
    expect(flagsOfBoard(esp32!).FEATURE_TLS).toBe(true)
    expect(flagsOfBoard({ ...esp32!, tls: false }).FEATURE_TLS).toBe(false)
  })

  it('describes every field in its schema', () => {
    interface Schema { description?: string; properties?: Record<string, Schema> }
    const schema = JSON.parse(readFileSync(new URL('../../board.schema.json', import.meta.url), 'utf8')) as { properties: Record<string, Schema>; definitions: { board: Schema } }
    const bare: string[] = []
    const visit = (properties: Record<string, Schema>, place: string) => {
      for (const [name, one] of Object.entries(properties)) {
        if ((one.description ?? '') === '') bare.push(place + name)
        visit(one.properties ?? {}, `${place}${name}.`)
      }
    }
    visit(schema.properties, '')
    visit(schema.definitions.board.properties!, 'board.')
    expect(bare).toEqual([])
  })

  it('takes other widths of pulses, and knows the pulses of every family of modems', () => {
    expect(changed(b => { b['uart-modem']!.pulses = { ...PULSES.air780 } })).toBe('')
    for (const [family, pulses] of Object.entries(PULSES)) {
      expect(changed(b => { Object.assign(b['uart-modem']!, { modem: family, pulses, pins: { power: 'B8', status: 'B9' } }) }), family).toBe('')
    }
    expect(changed(b => { b['uart-modem']!.modem = 'none' as never })).toContain(`must be one of null, ${Object.keys(PULSES).join(', ')}, and is`)
  })

  it('asks no board for more variables than it has', () => {
    for (const [name, board] of Object.entries(readBoards())) {
      if (board.memory.variables !== undefined) expect(board.budget.variables, name).toBeLessThan(board.memory.variables)
    }
  })
})

describe('a wrong board file gets an error that names the field:', () => {
  it.each<[string, (boards: Record<string, Board & Record<string, unknown>>) => void, string]>([
    ['a runtime that does not exist', b => { b.esp32!.runtime = 'zephyr' as never }, 'boards.esp32.runtime: must be one of espruino, luatos, luatask, luasocket, node, and is "zephyr"'],
    ['a state that does not exist', b => { b.esp32!.state = 'soon' as never }, 'boards.esp32.state: must be one of works, planned, and is "soon"'],
    ['a profile that does not exist', b => { b.esp32!.profile = 'huge' as never }, 'boards.esp32.profile: must be one of tiny, standard, full, and is "huge"'],
    ['a missing field', b => { delete (b.host as Partial<Board>).profile }, 'boards.host.profile: is missing'],
    ['a field that does not exist', b => { b.host!.colour = 'red' }, 'boards.host.colour: there is no such field (title, state,'],
    ['a board that is a text', b => { b.esp32 = 'esp32' as never }, 'boards.esp32: must be object, and is "esp32"'],
    ['a board with a name in capitals', b => { b.ESP32 = { ...b.esp32! } }, 'boards.ESP32: a name here matches ^[a-z][a-z0-9-]*$'],
    ['an empty title', b => { b.esp32!.title = '' }, 'boards.esp32.title: must NOT have fewer than 1 characters'],
    ['a number as text', b => { b.esp32!.memory.variables = '16383' as never }, 'boards.esp32.memory.variables: must be integer, and is "16383"'],
    ['a half variable', b => { b.esp32!.memory.variables = 0.5 }, 'boards.esp32.memory.variables: must be integer, and is 0.5'],
    ['variables of a size that no build has', b => { b.esp32!.memory.bytesPerVariable = 27 }, 'boards.esp32.memory.bytesPerVariable: must be <= 16, and is 27'],
    ['an unknown measure of memory', b => { b.esp32!.memory = { ...b.esp32!.memory, heap: 1 } as never }, 'boards.esp32.memory.heap: there is no such field (variables, bytesPerVariable)'],
    ['an Espruino board without its variables', b => { delete b.esp32!.memory.variables }, 'boards.esp32.memory.variables: is missing'],
    ['an Espruino board without a budget of variables', b => { b.esp32!.budget.variables = null }, 'boards.esp32.budget.variables: must be integer, and is null'],
    ['a missing budget', b => { delete (b.esp32!.budget as Partial<Board['budget']>).heapBytes }, 'boards.esp32.budget.heapBytes: is missing'],
    ['a negative budget', b => { b.esp8266!.budget.bytes = -1 }, 'boards.esp8266.budget.bytes: must be >= 1, and is -1'],
    ['an Espruino board that does not say where functions may lie', b => { delete b.esp32!.runsFrom }, 'boards.esp32.runsFrom: is missing'],
    ['a place for functions that does not exist', b => { b.esp32!.runsFrom = ['card'] as never }, 'boards.esp32.runsFrom.0: must be one of variables, storage, and is "card"'],
    ['no place for functions', b => { b.esp32!.runsFrom = [] }, 'boards.esp32.runsFrom: must NOT have fewer than 1 items'],
    ['a place for functions on Lua', b => { b.air780e!.runsFrom = ['storage'] }, 'boards.air780e.runsFrom: is for the runtime espruino'],
    ['a port outside of hal/', b => { b.esp32!.port = '../my/port' }, 'boards.esp32.port: must match pattern'],
    ['a modem that does not exist', b => { b['uart-modem']!.modem = 'v90' as never }, 'boards.uart-modem.modem: must be one of null, air724, air780, sim800, sim7600, a7670, ec2x, bg9x, esp, and is "v90"'],
    ['a port for modems without a modem', b => { b['uart-modem']!.modem = null }, 'boards.uart-modem.modem: must be string, and is null'],
    ['TLS as a text', b => { b.esp32!.tls = 'yes' as never }, 'boards.esp32.tls: must be boolean, and is "yes"'],
    ['an unknown pin function', b => { b.esp32!.pins = { laser: 'D1' } as never }, 'boards.esp32.pins.laser: there is no such field (serial, tx, rx,'],
    ['an unknown pulse', b => { b['uart-modem']!.pulses = { blinkMs: 5 } as never }, 'boards.uart-modem.pulses.blinkMs: there is no such field (keyOnMs, keyOffMs,'],
    ['a pulse as a text', b => { b['uart-modem']!.pulses = { resetMs: '500' as never } }, 'boards.uart-modem.pulses.resetMs: must be integer, and is "500"'],
    ['a reset of no time', b => { b['uart-modem']!.pulses = { resetMs: 0 } }, 'boards.uart-modem.pulses.resetMs: must be >= 1, and is 0'],
    ['a boot that takes all the time of its rung', b => { b['uart-modem']!.pulses = { bootMs: 90000 } }, 'boards.uart-modem.pulses.bootMs: must be <= 80000, and is 90000'],
    ['no pulses at all', b => { b['uart-modem']!.pulses = {} }, 'boards.uart-modem.pulses: must NOT have fewer than 1 properties'],
    ['pulses without a modem', b => { b.esp32!.pulses = { resetMs: 500 } }, 'boards.esp32.pulses: is for the port hal/at'],
    ['a pin as a number', b => { b.esp32!.pins = { led: 2 } as never }, 'boards.esp32.pins.led: must be string, and is 2'],
    ['a feature flag with a wrong name', b => { b.esp32!.features = { journal: true } as never }, 'boards.esp32.features.journal: a name here matches ^FEATURE_[A-Z0-9]+$'],
    ['an unknown feature flag', b => { b.esp32!.features = { FEATURE_TELEPATHY: true } as never }, 'boards.esp32.features.FEATURE_TELEPATHY: not a feature flag'],
    ['a feature that is neither on nor off', b => { b.esp32!.features = { FEATURE_V5: 1 } as never }, 'boards.esp32.features.FEATURE_V5: must be boolean, and is 1'],
    ['an empty note', b => { b.esp32!.note = '' }, 'boards.esp32.note: must NOT have fewer than 1 characters'],
    ['a port that does not exist and is said to work', b => { b.host!.port = 'hal/moon' }, 'boards.host.state: works, but there is no hal/moon']
  ])('%s', (_what, change, message) => {
    expect(changed(change)).toContain(message)
  })

  it.each([['{', 'not JSON'], ['[]', 'the file: must be object'], ['{"boards":{}}', 'version: is missing'], ['{"version":2,"boards":{}}', 'version: must be 1, and is 2'],
    ['{"version":1,"boards":{}}', 'boards: must NOT have fewer than 1 properties'], ['{"version":1,"boards":[]}', 'boards: must be object, and is []']])('the file %s', (file, message) => {
    expect(boardProblems(file).map(one => one.message).join('\n')).toContain(message)
  })
})
