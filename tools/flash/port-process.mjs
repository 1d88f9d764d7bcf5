// The port of a board, in a process of its own: the package `espruino` drives it, through TCP or, with `serialport`, a
// serial line. The package keeps one connection in globals, writes to the console and patches built-ins; here that
// disturbs nobody, and an exception of a serial driver ends this process and not the command. Messages in: open, write, fast,
// close; out: opened, failed, data, closed. Text is one character a byte.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const post = (message) => process.connected && process.send(message)
const RECEIVE_ERROR = 'RECEIVE ERROR:'
let ended = false

/** Says once that the connection is over, and why. */
function over(reason) {
  if (!ended) post({ kind: 'closed', reason })
  ended = true
}

// The package tells of a socket's error on the console only: there is no callback for it.
const silent = () => {}
console.log = console.info = console.warn = console.debug = silent
console.error = (first, second) => {
  if (String(first).startsWith(RECEIVE_ERROR)) over(errorCode(second))
}

function errorCode(json) {
  try {
    const { code, message } = JSON.parse(json)
    return code ?? message ?? 'the socket failed'
  } catch {
    return 'the socket failed'
  }
}

process.on('uncaughtException', (error) => over(error.message))
process.on('unhandledRejection', (error) => over(error instanceof Error ? error.message : String(error)))
process.on('disconnect', () => process.exit())

function start(port, baud) {
  let tools
  try {
    tools = require('espruino')
  } catch {
    return post({ kind: 'failed', reason: 'no-package' })
  }
  tools.init(() => {
    const { Espruino } = globalThis
    const { Serial } = Espruino.Core
    const wanted = port.startsWith('tcp://') ? 'Node Socket' : 'Node Serial'
    const device = Serial.devices.find((one) => one.name === wanted)
    if (device === undefined) return post({ kind: 'failed', reason: 'no-serial' })
    // One device and one port: nothing else is looked for, neither Bluetooth nor other lines.
    device.getPorts = (list) => list([{ path: port }], true)
    Serial.devices.length = 0
    Serial.devices.push(device)
    Object.assign(Espruino.Config, {
      BAUD_RATE: baud, SERIAL_IGNORE: '',
      // We ask the board ourselves, and wait for its answer to each piece, so no time is left between pieces.
      ENV_ON_CONNECT: false, STORAGE_UPLOAD_METHOD: 1
    })
    Serial.startListening((data) => post({ kind: 'data', text: Buffer.from(data).toString('latin1') }))
    Serial.open(port, (opened) => {
      if (opened === undefined) over('it could not be opened')
      else post({ kind: 'opened' })
    }, () => over('the other side closed it'))
  })
}

process.on('message', (message) => {
  if (message.kind === 'open') return start(message.port, message.baud)
  const { Serial } = globalThis.Espruino.Core
  if (message.kind === 'write') Serial.write(message.text, false)
  else if (message.kind === 'fast') Serial.setSlowWrite(false, true)
  else if (message.kind === 'close' && Serial.isConnected()) Serial.close()
})
