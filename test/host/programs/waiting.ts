// Small programs for the blocking port; the first argument names one, the second is the peer's port.
import { LinkCode, SocketStatus, type Bytes, type Socket } from '../../../hal/hal.js'
import { createBlockingHal } from '../../../hal/host/blocking/index.js'

const hal = createBlockingHal()
const { timer, report } = hal
const port = Number(hal.args[1])

function open(command: string): Socket {
  const socket = hal.socket.open({ host: '127.0.0.1', port })
  while (socket.status() === SocketStatus.Opening) timer.wait!(5_000)
  socket.write((command + '\n') as Bytes)
  return socket
}

/** What happened before is told once; after that a wait really waits. */
function settle(): void {
  while (true) {
    const t0 = timer.ticks()
    timer.wait!(20)
    if (timer.since(t0) >= 20) return
  }
}

function timed(ms: number): { code: number; elapsedMs: number } {
  const t0 = timer.ticks()
  const code = timer.wait!(ms)
  return { code, elapsedMs: timer.since(t0) }
}

const programs: Record<string, () => void> = {
  time() {
    settle()
    report(timed(120))
    report(timed(0))
    report(timed(-5))
  },
  data() {
    const socket = open('echo')
    settle()
    socket.write('hello' as Bytes)
    const waited = timed(10_000)
    report({ ...waited, pending: socket.pending() })
    socket.close()
  },
  earlier() {
    const socket = open('echo')
    settle()
    socket.write('hello' as Bytes)
    // The echo arrives while the program is busy, and not while it waits.
    const t0 = timer.ticks()
    while (socket.pending() < 5 && timer.since(t0) < 5_000) { /* busy */ }
    report({ ...timed(10_000), pending: socket.pending() })
    socket.close()
  },
  stop() {
    console.log('waiting')
    report(timed(20_000))
    settle()
    report(timed(30))
  },
  deaf() {
    console.log('waiting')
    while (true) timer.wait!(1_000)
  },
  line() {
    console.log('one %d', 1)
    console.error('two')
    // Ends only when the main thread, having seen the lines, asks for it.
    report(timed(20_000))
  },
  restart() {
    report(hal.system.resetReason())
    if (hal.system.resetReason() === 'power-on') {
      hal.system.restart('updated')
      report('still here')
    }
  },
  restarts() {
    hal.system.restart('for ever')
  },
  throws() {
    throw new Error('the program failed')
  },
  status() {
    process.exit(7)
  },
  env() {
    report([process.env.YIELDMQ_TEST, hal.args.length])
  },
  words() {
    const socket = open('record')
    const block = 'last words '.repeat(1_000) as Bytes
    report(socket.write(block))
    socket.close()
    console.log('said')
  },
  sockets() {
    const sockets: Socket[] = []
    for (let i = 0; i < 64; i++) sockets.push(open('echo'))
    const refused = hal.socket.open({ host: '127.0.0.1', port })
    report(refused.status())
    for (const socket of sockets) socket.close()
    // The main thread gives the places free, a moment later.
    const t0 = timer.ticks()
    let next = hal.socket.open({ host: '127.0.0.1', port })
    while (next.status() === LinkCode.NoSocket && timer.since(t0) < 5_000) {
      timer.wait!(5)
      next = hal.socket.open({ host: '127.0.0.1', port })
    }
    next.close()
    // A closed socket's place is given to the next, and nothing of the old one shows in it.
    for (let i = 0; i < 500; i++) {
      const socket = open('echo')
      const word = `word ${i}` as Bytes
      socket.write(word)
      while (socket.pending() < word.length && socket.status() > 0) timer.wait!(5_000)
      const answer = socket.read(100)
      if (answer !== word) report(`${word} came back as ${answer}, ${socket.status()}`)
      socket.close()
    }
    report('done')
  }
}
programs[hal.args[0]!]!()
