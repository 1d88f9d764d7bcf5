/** `yieldmq flash` on the real interpreter, through its console on TCP. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ROOT } from '../../tools/build/root.js'
import type { Load } from '../../tools/flash/files.js'
import { flash, type Flashed, type Order } from '../../tools/flash/flash.js'
import { damaging } from '../flash/damage.js'
import { until } from '../support/until.js'
import { START_LIMIT_MS, TELNET_PORT, TelnetBoard } from './support/telnet.js'

vi.setConfig({ testTimeout: 60_000 })

const limitMs = 8000
const shortMs = 1500
const startMs = 5000
/** About the size of a client with everything; every function of it is one that runs from Storage. */
const functions = Array.from({ length: 60 }, (_, n) => `exports.f${n}=function(a){return a+${n}+"\\x81\\"\\\\".length;/*${'-'.repeat(160)}*/};`)
const MODULE = `${functions.join('')}/* \` \xff\xc3 */`

/** Leaves a file behind, so that the test sees that it ran. */
function program(name: string): string {
  return `require("fs").writeFile("${name}",String(require("yieldmq").f7(1)));`
}

let board: TelnetBoard
beforeEach(async () => {
  board = new TelnetBoard()
  await board.start()
}, START_LIMIT_MS)
afterEach(() => board.remove())

function load(code: string, modules: Record<string, string> = { yieldmq: MODULE }): Load {
  return {
    modules: Object.entries(modules).map(([name, bytes]) => ({ file: `${name}.js`, name, bytes })),
    program: { file: 'app.module.js', name: '.bootcde', bytes: code }
  }
}

function send(order: Partial<Order>): Promise<Flashed> {
  return flash({ board: 'esp8266', port: board.port, baud: 115_200, load: load(program('ran')), save: false, anyBoard: true, limitMs, ...order })
}

function ran(name: string): Promise<string> {
  return until(() => board.file(name), startMs, `the program to write ${name}`)
}

describe('a program on the real interpreter', () => {
  it('runs from memory on top of a module in Storage of twelve thousand bytes, and not again after a restart', async () => {
    expect(MODULE.length).toBeGreaterThan(12_000)
    const result = await send({})
    expect(result.firmware).toBe('LINUX')
    expect(result.files).toMatchObject([{ name: 'yieldmq', bytes: MODULE.length, verified: 'crc32' }, { place: 'memory', verified: 'crc32' }])
    // 1 + 7 + the length of three characters.
    expect(await ran('ran')).toBe('11')
    const second = await send({ load: load(program('ran-again')) })
    expect(second.files[0].unchanged).toBe(true)
    await ran('ran-again')
    await board.stop()
    await board.start()
    await send({ load: load('require("fs").writeFile("awake","1");', {}) })
    await ran('awake')
    expect(board.file('.bootcde')).toBe('')
  })

  it('starts by itself after a restart when it was saved', async () => {
    await send({ save: true, load: load('var n=0;try{n=+require("fs").readFile("starts");}catch(e){}require("fs").writeFile("starts",String(n+1));') })
    expect(await ran('starts')).toBe('1')
    await board.stop()
    await board.start()
    await until(() => board.file('starts') === '2', startMs, 'a second start')
  })

  it('leaves nothing of the program before: its timers are gone', async () => {
    await send({ load: load('setInterval(function(){require("fs").appendFile("ticks","x");},20);', {}) })
    await until(() => board.file('ticks').length > 2, startMs, 'a few ticks')
    await send({})
    await ran('ran')
    const ticks = board.file('ticks').length
    await send({ load: load(program('ran-again')) })
    await ran('ran-again')
    expect(board.file('ticks')).toHaveLength(ticks)
  })
})

describe('what goes wrong on the way', () => {
  it('fails verification when a byte was damaged, names the file, and starts nothing', async () => {
    const relay = await damaging(TELNET_PORT, '`', 'a')
    try {
      await expect(send({ port: `tcp://127.0.0.1:${relay.port}`, save: true })).rejects.toThrow(/verification failed for Storage file yieldmq: its CRC-32 is \d+ and not \d+/)
    } finally {
      await relay.stop()
    }
    expect(board.file('ran')).toBe('')
    // And the next one repairs it.
    const result = await send({ save: true })
    expect(result.files[0].unchanged).toBe(false)
    expect(await ran('ran')).toBe('11')
  })

  it('says where it stood when the board hangs in the middle', async () => {
    let sent = 0
    const attempt = send({
      limitMs: shortMs,
      progress: (bytes) => {
        sent += bytes
        if (sent >= 3000) board.signal('SIGSTOP')
      }
    })
    await expect(attempt).rejects.toThrow(/no answer in 1\.5 s while sending bytes \d+ to \d+ of Storage file yieldmq/)
  })

  it('says that the connection was lost when the board drops it in the middle', async () => {
    let sent = 0
    const attempt = send({
      progress: (bytes) => {
        sent += bytes
        if (sent >= 3000) board.signal('SIGKILL')
      }
    })
    await expect(attempt).rejects.toThrow(/the connection was lost/)
  })

  it('refuses what does not fit: the board, the Storage, the memory', async () => {
    await expect(send({ anyBoard: false })).rejects.toThrow('runs the firmware LINUX, but --board esp8266 means ESP8266_4MB or ESP8266_BOARD')
    await expect(send({ load: load('1', { big: 'x'.repeat(300_000) }) })).rejects.toThrow(/not enough Storage: 3000\d\d bytes are needed and \d+ are free/)
    await expect(send({ load: load(`//${'x'.repeat(200_000)}`, {}) })).rejects.toThrow(/not enough memory: a program of 200002 bytes/)
  })

  it('reports the error of a program that fails at its start', async () => {
    await expect(send({ load: load('D999.set();', {}) })).rejects.toThrow(/the board reports "Uncaught .*D999.*" while the program starts/)
  })
})

describe('the command', () => {
  const run = promisify(execFile)
  const flashed = (args: string[]) => run(process.execPath, [join(ROOT, 'tools/yieldmq.mjs'), 'flash', '--board', 'esp8266', '--port', board.port, ...args], { cwd: board.folder })

  it('prints one JSON value and ends with 0 when all is there', async () => {
    writeFileSync(join(board.folder, 'yieldmq.js'), MODULE, 'latin1')
    writeFileSync(join(board.folder, 'main.js'), program('ran'))
    const { stdout } = await flashed(['--any-board', '--save', '--json', 'yieldmq.js', 'main.js'])
    expect(JSON.parse(stdout)).toMatchObject({ board: 'esp8266', saved: true, files: [{ file: 'yieldmq.js', name: 'yieldmq' }, { file: 'main.js', name: '.bootcde' }] })
    expect(await ran('ran')).toBe('11')
  })

  it('prints one line on standard error and ends with 1 when the board is another', async () => {
    writeFileSync(join(board.folder, 'main.js'), '1')
    await expect(flashed(['--json', 'main.js'])).rejects.toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('runs the firmware LINUX') as string })
  })
})
