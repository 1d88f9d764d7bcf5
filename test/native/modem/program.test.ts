/** What a person without hardware types: the emulator in one terminal, and in another the command that it prints. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { ROOT } from '../../../tools/build/root.js'
import { startMosquitto, type Mosquitto } from '../../support/mosquitto.js'
import { within } from '../../support/until.js'
import { Watched } from '../serial/support.js'

const LIMIT_MS = 60_000
let emulator: ChildProcess | undefined
let broker: Mosquitto | undefined
afterEach(async () => {
  emulator?.stdin?.end()
  if (emulator !== undefined && emulator.exitCode === null) await once(emulator, 'close')
  await broker?.remove()
})

/** Starts the emulator; the command that it prints. */
async function printedCommand(family: string): Promise<string> {
  const watched = new Watched()
  let said = ''
  emulator = spawn(process.execPath, ['tools/yieldmq.mjs', 'modem-emulator', '--family', family, '--pty'], { cwd: ROOT })
  emulator.stdout!.setEncoding('utf8').on('data', (text: string) => {
    said += text
    watched.changed()
  })
  await watched.until(() => said.includes('quit to end'), 'its words')
  return /in another terminal: (node .*)$/m.exec(said)![1]!
}

it.each([['air780', 'TCP', []], ['air780', 'its own MQTT', ['--native']], ['esp', 'TCP', []]] as const)('the printed command runs a device on %s over %s, and says what the bearer does', async (family, _way, more) => {
  broker = await startMosquitto()
  const [node, ...printed] = (await printedCommand(family)).split(' ')
  expect(node).toBe('node')
  const args = [...printed, '--broker', `127.0.0.1:${broker.port}`, '--readings', '5', '--period', '50', ...more]
  const said = await within(new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { cwd: ROOT }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${error.message}\n${stdout}${stderr}`))
    })
  }), LIMIT_MS, 'the device to end')
  expect(said).toMatch(/bearer: modem-silent$/m)
  expect(said).toMatch(/bearer: there; module \w+/m)
  expect(said).toContain('5 of 5 readings delivered, 0 sent again, 1 connects\n')
  // In order: the broker would have sent the will otherwise.
  await broker.logged('disconnected.')
}, LIMIT_MS)
