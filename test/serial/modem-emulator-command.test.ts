/** `npx yieldmq modem-emulator` without a pty: what it says of its options, and the modem on the streams of the process. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import { emulatedFamilies } from '../../hal/sim/modem/index.js'
import { shownBytes } from '../../tools/modem/command.js'
import { createModem } from '../../tools/modem/emulate.js'
import { FAULT_LEVELS } from '../../tools/modem/faults.js'
import { obey, operatorHelp } from '../../tools/modem/operator.js'
import { ROOT } from '../../tools/build/root.js'
import { within } from '../support/until.js'
import { buildCli } from './cli.js'

const LIMIT_MS = 60_000
let cli: Awaited<ReturnType<typeof buildCli>>
beforeAll(async () => { cli = await buildCli() })
afterAll(() => cli.remove())

interface Ran { status: number; stdout: string; stderr: string }

function run(...args: string[]): Promise<Ran> {
  return new Promise(resolve => {
    execFile(process.execPath, [cli.file, 'modem-emulator', ...args], { cwd: ROOT, timeout: LIMIT_MS }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : error.code as number, stdout, stderr })
    })
  })
}

describe('modem-emulator', () => {
  it('lists its options, the families among them', async () => {
    const { status, stdout } = await run('--help')
    expect(status).toBe(0)
    for (const word of ['--family', '--pty', '--port-link', '--broker', '--seed', '--faults', '--baud', '--trace', '--json', ...emulatedFamilies(), ...Object.keys(FAULT_LEVELS)]) expect(stdout).toContain(word)
  }, LIMIT_MS)

  it.each([
    [['--family', 'nokia'], `--family "nokia": there is no such one. There are: ${emulatedFamilies().join(', ')}\n`],
    [['--faults', 'some'], '--faults "some": there is no such one. There are: none, light, heavy\n'],
    [['--seed', '-1'], '--seed takes a whole number from 0 to 4294967295, not "-1"\n'],
    [['--baud', 'fast'], '--baud takes a whole number from 0 to 4000000, not "fast"\n'],
    [['--broker', 'localhost'], '--broker takes HOST:PORT, such as 127.0.0.1:1883, not "localhost"\n'],
    [['--port-link', 'here'], '--port-link names a pty: give --pty as well\n'],
    [['--json'], '--json describes a pty: give --pty as well; without it standard output is the modem\'s\n']
  ])('%j is refused in words, with status 2', async (args, words) => {
    expect(await run(...args)).toEqual({ status: 2, stdout: '', stderr: words })
  }, LIMIT_MS)

  it('answers on standard output, and ends when the input has ended and everything is answered', async () => {
    const child = spawn(process.execPath, [cli.file, 'modem-emulator', '--trace'], { cwd: ROOT })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('latin1').on('data', (text: string) => { stdout += text })
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
    child.stdin.end('ATE0\rAT\r')
    const [status] = await within(once(child, 'close'), LIMIT_MS, 'its end')
    expect(status).toBe(0)
    expect(stdout).toBe('ATE0\r\r\nOK\r\n\r\nOK\r\n')
    expect(stderr).toMatch(/^air724 \(openLuat Air724UG\) on standard input and output, seed 1, faults none; the end of the input ends it\n/)
    expect(stderr).toMatch(/ s {2}host {4}ATE0\\rAT\\r\n/)
  }, LIMIT_MS)
})

it('a trace shows every byte in one line, and tells them apart', () => {
  expect(shownBytes('AT\r\n> "\\\0\x1a\x7f\xff~[]' as Bytes)).toBe('AT\\r\\n> "\\\\\\x00\\x1a\\x7f\\xff~[]')
})

describe('what is typed at the command', () => {
  const modem = createModem({ family: 'air724', seed: 1, baud: 115_200, faults: {} })

  it('changes the module and says so', () => {
    expect(obey(modem, 'sim missing')).toEqual(['the SIM card is out'])
    expect(modem.radio.sim).toBe('missing')
    expect(obey(modem, ' sim  ready ')).toEqual(['the SIM card is in'])
    expect(obey(modem, 'arrears on')).toEqual(['the subscription is in arrears'])
    expect(modem.radio.arrears).toBe(true)
    expect(obey(modem, 'arrears off')).toEqual(['the subscription is paid'])
    const life = modem.life
    for (const word of ['pdp', 'drop', 'silence 5', 'hang', 'reboot']) expect(obey(modem, word)).toHaveLength(1)
    expect(modem.life).toBeGreaterThan(life)
    modem.close()
  })

  it('is explained where it is not understood', () => {
    for (const line of ['silence', 'silence -1', 'silence 5 6', 'silence 3600001']) expect(obey(modem, line)).toEqual(['silence is used as: silence MS'])
    expect(obey(modem, 'arrears maybe')).toEqual(['arrears is used as: arrears on|off'])
    expect(obey(modem, 'pdp now')).toEqual(['pdp is used as: pdp'])
    expect(obey(modem, 'toString')).toEqual(['There is no word "toString". There are:', ...operatorHelp()])
    expect(obey(modem, 'help')).toEqual(operatorHelp())
    expect(obey(modem, '')).toEqual([])
    expect(obey(modem, 'quit')).toBeUndefined()
  })
})
