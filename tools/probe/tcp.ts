/** The second question: which of the addresses answers? One after the other, as a simple device tries them. */
import net from 'node:net'
import type { CauseId } from './causes.js'
import type { Findings } from './report.js'

type TcpCause = Extract<CauseId, `tcp-${string}`>

interface Tried {
  address: string
  ms: number
  /** Open, when it answered. */
  socket?: net.Socket
  cause?: TcpCause
  /** Node's name of the error, "" for a time-out of ours. */
  code: string
}

const REFUSED = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED'])
const WORDS: Record<TcpCause, string> = { 'tcp-refused': 'refused', 'tcp-silent': 'silent', 'tcp-unreachable': 'unreachable' }

/** Which kind of failure Node's error name is. Unreachable: this PC or a router on the way says that there is no way. */
export function causeOfTcp(code: string): TcpCause {
  if (REFUSED.has(code)) return 'tcp-refused'
  return code === 'ETIMEDOUT' || code === '' ? 'tcp-silent' : 'tcp-unreachable'
}

/** The open connection to the first address that answers; undefined, with the reason in the findings, when none does. */
export async function findListener(addresses: string[], port: number, timeoutMs: number, findings: Findings): Promise<net.Socket | undefined> {
  const tried: Tried[] = []
  for (const address of addresses) {
    const one = await tryAddress(address, port, timeoutMs)
    tried.push(one)
    if (one.socket !== undefined) break
  }
  const last = tried[tried.length - 1]!
  const dead = tried.filter(({ socket }) => socket === undefined)
  const evidence = [...dead.map((one) => describe(one, port)), ...(last.socket === undefined ? [] : [`${at(last.address, port)} answered`])].join('; ')
  if (last.socket !== undefined) {
    findings.pass('tcp', last.ms, evidence)
    if (dead.length > 0) {
      const waited = Math.round(dead.reduce((sum, { ms }) => sum + ms, 0))
      findings.warn('dead-address', `${dead.map((one) => describe(one, port)).join('; ')}: ${waited} ms passed before an address that answers was tried`,
        'Take the dead addresses out of DNS: a device may try them first, and some never try a second one.')
    }
    return last.socket
  }
  // One that refuses is there; one that is silent may be. What says most about the server counts.
  const cause = (['tcp-refused', 'tcp-silent'] as const).find((candidate) => tried.some((one) => one.cause === candidate)) ?? 'tcp-unreachable'
  findings.fail('tcp', tried.reduce((sum, { ms }) => sum + ms, 0), cause, evidence)
  return undefined
}

/** A further connection to an address that answered before; undefined when it does not any more. */
export async function connectAgain(address: string, port: number, timeoutMs: number): Promise<net.Socket | undefined> {
  return (await tryAddress(address, port, timeoutMs)).socket
}

function at(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function describe({ address, cause, code, ms }: Tried, port: number): string {
  return `${at(address, port)} is ${cause === undefined ? 'open' : WORDS[cause]} (${code === '' ? 'no answer' : code}, ${Math.round(ms)} ms)`
}

function tryAddress(address: string, port: number, timeoutMs: number): Promise<Tried> {
  const start = performance.now()
  const socket = net.connect({ host: address, port, noDelay: true })
  return new Promise((resolve) => {
    const end = (rest: Pick<Tried, 'socket' | 'cause' | 'code'>): void => {
      clearTimeout(timer)
      socket.removeAllListeners()
      // Whoever takes the socket listens for what happens to it next.
      socket.on('error', () => undefined)
      if (rest.socket === undefined) socket.destroy()
      resolve({ address, ms: performance.now() - start, ...rest })
    }
    const timer = setTimeout(() => end({ cause: 'tcp-silent', code: '' }), timeoutMs)
    socket.once('connect', () => end({ socket, code: '' }))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? error.message
      end({ cause: causeOfTcp(code), code })
    })
  })
}
