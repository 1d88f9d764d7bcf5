/** `yieldmq flash` against a board of the tests' own: what it sends, what it checks, and what it says when that fails. */
import { afterAll, describe, expect, it } from 'vitest'
import { BoardConsole } from '../../tools/flash/console.js'
import type { Link } from '../../tools/flash/link.js'
import { filesToSend, type Load } from '../../tools/flash/files.js'
import { flash, type Flashed, type Order } from '../../tools/flash/flash.js'
import { fakeBoard, type FakeBoard, type Faults, type Traits } from './fake-board.js'
import { damaging } from './damage.js'
import { inFolder } from './folder.js'

/** Long enough for a busy machine, short enough to wait for what never comes. */
const limitMs = 8000
/** For what never comes. */
const shortMs = 1000
const MODULE = `exports.twice=function(n){return 2*n};/* ${'m'.repeat(2000)} \`"\\\n\xe9*/`
const PROGRAM = 'note(require("yieldmq").twice(21));'

const stops: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function board(traits?: Traits, faults?: Faults): Promise<FakeBoard> {
  const made = await fakeBoard(traits, faults)
  stops.push(made.stop)
  return made
}

function load(program = PROGRAM, modules: Record<string, string> = { yieldmq: MODULE }): Load {
  return {
    modules: Object.entries(modules).map(([name, bytes]) => ({ file: `${name}.js`, name, bytes })),
    program: { file: 'app.module.js', name: '.bootcde', bytes: program }
  }
}

function send(port: number, order: Partial<Order> = {}): Promise<Flashed> {
  return flash({ board: 'esp32', port: `tcp://127.0.0.1:${port}`, baud: 115_200, load: load(), save: false, anyBoard: false, limitMs, ...order })
}

// Most of their time is the package's pauses.
describe.concurrent('what arrives', () => {
  it('puts modules into Storage, runs the program from memory, and leaves no boot file without --save', async () => {
    const fake = await board()
    const result = await send(fake.port)
    expect(Object.fromEntries(fake.storage)).toEqual({ yieldmq: MODULE })
    expect(fake.notes).toEqual([42])
    expect(result).toMatchObject({ firmware: 'ESP32', version: '2v29', saved: false, files: [
      { file: 'yieldmq.js', bytes: MODULE.length, place: 'storage', name: 'yieldmq', unchanged: false, verified: 'crc32' },
      { file: 'app.module.js', bytes: PROGRAM.length, place: 'memory', name: null, unchanged: false, verified: 'crc32' }] })
  })

  it('writes the program to the boot file with --save, and starts it as a reset of the board would', async () => {
    const fake = await board()
    const result = await send(fake.port, { save: true })
    expect(Object.fromEntries(fake.storage)).toEqual({ yieldmq: MODULE, '.bootcde': PROGRAM })
    expect(fake.notes).toEqual([42])
    expect(result.files.map((file) => [file.name, file.verified])).toEqual([['yieldmq', 'crc32'], ['.bootcde', 'crc32']])
  })

  it('does not write again what the board holds already', async () => {
    const fake = await board()
    fake.storage.set('yieldmq', MODULE)
    const result = await send(fake.port)
    expect(fake.writes).toBe(0)
    expect(result.files[0]).toMatchObject({ unchanged: true, verified: 'crc32' })
  })

  it('replaces a file of the same name that differs', async () => {
    const fake = await board()
    fake.storage.set('yieldmq', MODULE.replace('2*n', '3*n'))
    const result = await send(fake.port)
    expect(result.files[0].unchanged).toBe(false)
    expect(fake.notes).toEqual([42])
  })

  it('reads the text itself back where the board has no CRC-32', async () => {
    const fake = await board({ crc32: false })
    const result = await send(fake.port, { save: true })
    expect(result.files.map((file) => file.verified)).toEqual(['text', 'text'])
    expect(fake.storage.get('yieldmq')).toBe(MODULE)
  })

  it('sends to a board of few variables in pieces of 256 bytes, whose lines hold at most four characters a byte', async () => {
    const fake = await board({ firmware: 'ESP8266_4MB', totalVariables: 1600, freeVariables: 1500 })
    const bytes = `/*${'\xff'.repeat(6958)}*/${MODULE.slice(0, 38)}`
    await send(fake.port, { board: 'esp8266', save: true, load: load(PROGRAM, { yieldmq: bytes }) })
    expect(fake.storage.get('yieldmq')).toBe(bytes)
    expect(bytes).toHaveLength(7000)
    expect(fake.writes).toBe(Math.ceil(7000 / 256) + 1)
    expect(fake.longestLine).toBeLessThan(4 * 256 + 120)
  })

  it('tells its progress up to the last byte', async () => {
    const fake = await board()
    const totals = new Map<string, [number, number]>()
    let place = ''
    await send(fake.port, {
      begin: (name, bytes) => {
        place = name
        totals.set(name, [bytes, 0])
      },
      progress: (bytes) => {
        const [all, sent] = totals.get(place) ?? [0, 0]
        totals.set(place, [all, sent + bytes])
      }
    })
    expect(Object.fromEntries(totals)).toEqual({ yieldmq: [MODULE.length, MODULE.length], memory: [PROGRAM.length, PROGRAM.length] })
  })

  it('stops a program that holds the console', async () => {
    const fake = await board({}, { busy: true })
    await send(fake.port)
    expect(fake.notes).toEqual([42])
  })
})

describe.concurrent('what fails', () => {
  it('says that verification failed when a byte was damaged on the way, by CRC-32, and starts nothing', async () => {
    const fake = await board()
    const relay = await damaging(fake.port, '`', 'a')
    stops.push(relay.stop)
    await expect(send(relay.port, { save: true })).rejects.toThrow(/^tcp:\/\/127\.0\.0\.1:\d+: verification failed for Storage file yieldmq: its CRC-32 is \d+ and not \d+\..* nothing was started/)
    expect(fake.notes).toEqual([])
    expect(fake.storage.has('.bootcde')).toBe(false)
  })

  it('names the byte that was damaged where the text is read back', async () => {
    const fake = await board({ crc32: false })
    const relay = await damaging(fake.port, '`', 'a')
    stops.push(relay.stop)
    await expect(send(relay.port)).rejects.toThrow(`verification failed for Storage file yieldmq: byte ${MODULE.indexOf('`')} differs`)
  })

  it('verifies a program in memory before it runs', async () => {
    const fake = await board()
    const relay = await damaging(fake.port, '`', 'a')
    stops.push(relay.stop)
    await expect(send(relay.port, { load: load('note("`")', {}) })).rejects.toThrow('verification failed for the program in memory')
    expect(fake.notes).toEqual([])
  })

  it('says which piece the board did not understand when the damage breaks a line', async () => {
    const fake = await board()
    const relay = await damaging(fake.port, '`', '"')
    stops.push(relay.stop)
    await expect(send(relay.port)).rejects.toThrow(/the board reports "Uncaught SyntaxError.*while sending bytes \d+ to \d+ of Storage file yieldmq/)
  })

  it('waits no longer than it was told for a port that says nothing, and names port, seconds and what to check', async () => {
    const fake = await board({}, { silent: true })
    await expect(send(fake.port, { limitMs: shortMs })).rejects.toThrow(/tcp:\/\/127\.0\.0\.1:\d+: no prompt of Espruino in 1 s after Ctrl-C \(nothing came back\); check that the board runs Espruino/)
  })

  it('takes a console that only repeats what it hears for no answer', async () => {
    const fake = await board({}, { echoOnly: true })
    await expect(send(fake.port, { limitMs: shortMs })).rejects.toThrow(/no (prompt|answer).* in 1 s/)
  })

  it('says how far it came when the board falls silent', async () => {
    const fake = await board({}, { hangsAtLine: 7 })
    await expect(send(fake.port, { limitMs: shortMs })).rejects.toThrow(/no answer in 1 s while sending bytes 512 to 1023 of Storage file yieldmq/)
  })

  it.each([['ends', false], ['resets', true]])('says that the connection was lost when the board %s it in the middle', async (_, resets) => {
    const fake = await board({}, { dropsAtLine: 7, resets })
    await expect(send(fake.port)).rejects.toThrow(/the connection was lost \((the other side closed it|ECONNRESET)\).*flash again/)
  })

  it('refuses another board than the one that was named, unless told that any will do', async () => {
    const fake = await board({ firmware: 'ESP8266_4MB' })
    await expect(send(fake.port)).rejects.toThrow('runs the firmware ESP8266_4MB, but --board esp32 means ESP32 or')
    expect(fake.writes).toBe(0)
    await send(fake.port, { anyBoard: true })
    expect(fake.notes).toEqual([42])
  })

  it('refuses before it writes when the Storage has no room, with both figures', async () => {
    const fake = await board({ storageBytes: 2000 })
    await expect(send(fake.port, { save: true })).rejects.toThrow(/not enough Storage: 2\d{3} bytes are needed and 2000 are free/)
    expect(fake.writes).toBe(0)
  })

  it('counts what is replaced as room', async () => {
    const fake = await board({ storageBytes: MODULE.length + 300 })
    fake.storage.set('yieldmq', 'x'.repeat(MODULE.length))
    await send(fake.port)
    expect(fake.notes).toEqual([42])
  })

  it('refuses a program that would not fit into memory, and names the way out', async () => {
    const fake = await board({ freeVariables: 100 })
    await expect(send(fake.port, { load: load(`//${'x'.repeat(2000)}`, {}) })).rejects.toThrow(/not enough memory: .* about 402 variables .* 100 are free; with --save/)
  })

  it.each([[false], [true]])('reports the error of a program that fails at its start, saved: %s', async (save) => {
    const fake = await board()
    await expect(send(fake.port, { save, load: load('throw new Error("no pin")') })).rejects.toThrow(/the board reports "Uncaught Error: no pin" while the program starts/)
  })

  it('says that nothing listens there', async () => {
    const fake = await board()
    await fake.stop()
    await expect(send(fake.port)).rejects.toThrow(/cannot be opened \(ECONNREFUSED\); check host and port/)
  })

  it('says that a serial device does not exist', async () => {
    const order = { port: '/dev/yieldmq-none' }
    await expect(send(0, order)).rejects.toThrow(/^\/dev\/yieldmq-none: (cannot be opened \(|the package `serialport` is not installed)/)
  })
})

describe('the prompt', () => {
  /** A link that answers the Ctrl-C of this number, counted from 1. */
  function line(port: string, answersTo: number) {
    const link = {
      port, heard: '', breaks: 0,
      forget: () => undefined,
      write: (text: string) => {
        if (text.startsWith('\x03')) link.breaks++
        if (link.breaks >= answersTo) link.heard = '\r\n>'
      },
      until: async (holds: () => boolean, ms: number) => {
        // Time passes, a little of what was asked for.
        await new Promise((resolve) => { setTimeout(resolve, Math.min(ms, 20)) })
        return holds()
      }
    }
    return link
  }

  it('is asked for again and again on a serial line, until a board hears it that wakes for a moment', async () => {
    const link = line('/dev/ttyUSB0', 5)
    await new BoardConsole(link as unknown as Link, limitMs).prompt()
    expect(link.breaks).toBe(5)
  })

  it('is asked for with one Ctrl-C over a network, as a second one would end an interpreter on a computer', async () => {
    const link = line('tcp://127.0.0.1:2323', 1)
    await new BoardConsole(link as unknown as Link, limitMs).prompt()
    expect(link.breaks).toBe(1)
  })
})

describe('which files are sent', () => {
  it('takes the build in one piece when it runs from memory, and the module form for Storage', () => {
    inFolder({ 'app.js': 'whole', 'yieldmq.js': 'module', 'app.module.js': 'program' }, (folder) => {
      expect(filesToSend(folder, [], false)).toMatchObject({ modules: [], program: { bytes: 'whole' } })
      expect(filesToSend(folder, [], true)).toMatchObject({ modules: [{ name: 'yieldmq', bytes: 'module' }], program: { name: '.bootcde', bytes: 'program' } })
    })
  })

  it('takes the last of the named files as the program and stores the others under their names', () => {
    inFolder({ 'sensor.js': 's', 'yieldmq.js': 'y', 'main.js': 'm' }, (folder) => {
      const named = ['sensor', 'yieldmq', 'main'].map((name) => `${folder}/${name}.js`)
      expect(filesToSend('nowhere', named, false)).toMatchObject({ modules: [{ name: 'sensor' }, { name: 'yieldmq' }], program: { bytes: 'm' } })
    })
  })

  it('refuses what is missing, empty, or has a name too long for Storage', () => {
    inFolder({ 'empty.js': '', [`${'n'.repeat(29)}.js`]: 'x', 'p.js': 'p' }, (folder) => {
      expect(() => filesToSend(folder, [], false)).toThrow(/There is no .*app\.js; npx yieldmq build makes it/)
      expect(() => filesToSend(folder, [`${folder}/empty.js`], false)).toThrow('is empty')
      expect(() => filesToSend(folder, [`${folder}/${'n'.repeat(29)}.js`, `${folder}/p.js`], false)).toThrow('at most 28 bytes')
    })
  })
})
