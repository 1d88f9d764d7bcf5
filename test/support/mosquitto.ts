/** A real mosquitto on a free loopback port, with a configuration and a folder of its own. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.js'
import { until, within } from './until.js'

export interface MosquittoOptions {
  /** Sessions and retained messages survive `stop('SIGTERM')`. */
  persistence?: boolean
  /** Seconds between saves; with `autosaveOnChanges` the number of changes. */
  autosaveInterval?: number
  autosaveOnChanges?: boolean
  /** User names and passwords; anonymous clients are refused then, unless `allowAnonymous` says otherwise. */
  users?: Record<string, string>
  allowAnonymous?: boolean
  /** Lines of an ACL file. */
  acl?: string[]
  /** Messages in flight to one client, 0 for no limit. */
  maxInflight?: number
  /** Messages queued for one client, 0 for no limit. */
  maxQueued?: number
  maxKeepalive?: number
  maxPacketSize?: number
  maxTopicAlias?: number
  maxQos?: 0 | 1 | 2
  retainAvailable?: boolean
  /** Paths of PEM files: the listener then speaks TLS alone. */
  tls?: { cafile?: string; certfile: string; keyfile: string; requireCertificate?: boolean }
  /** More lines of the configuration. */
  lines?: string[]
}

const START_MS = 10000
const STOP_MS = 10000
const PORT_TRIES = 5
const INSTALL = 'on Debian: apt-get install mosquitto'
const hasSetpriv = spawnSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true']).status === 0

/** Brokers and folders to end with the process, however it ends. */
const running = new Set<ChildProcess>()
const folders = new Set<string>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export class Mosquitto {
  /** Everything it logged, over restarts. */
  readonly log: string[] = []
  port = 0
  private child: ChildProcess | undefined
  private readonly folder = mkdtempSync(join(tmpdir(), 'yieldmq-mosquitto-'))

  constructor(private readonly options: MosquittoOptions) {
    folders.add(this.folder)
  }

  get running(): boolean {
    return this.child !== undefined
  }

  /** Starts it, on the port it had before or on a free one, and waits until it listens. */
  async start(): Promise<void> {
    if (this.child !== undefined) throw new Error(`mosquitto already runs on port ${this.port}`)
    for (let tries = 1; ; tries++) {
      const port = this.port > 0 ? this.port : await freePort()
      const problem = await this.launch(port)
      if (problem === undefined) {
        this.port = port
        return
      }
      if (tries >= PORT_TRIES || !problem.includes('Address already in use')) {
        throw new Error(`mosquitto did not start on port ${port} (attempt ${tries} of ${PORT_TRIES}): ${problem}`)
      }
      // The port it had before was taken meanwhile, or is not free yet.
      if (this.port > 0) await new Promise((resolve) => {
        setTimeout(resolve, 100)
      })
    }
  }

  /** SIGTERM: it ends in order and keeps what persistence keeps. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<void> {
    await this.end(signal)
  }

  /** SIGKILL: it loses what it had not saved. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  /** Ends it with `signal` and starts it again on the same port. */
  async restart(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.end(signal)
    await this.start()
  }

  /** Ends it and removes its folder. For `afterAll` and `onTestFinished`. */
  async remove(): Promise<void> {
    if (this.child !== undefined) await this.end('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
    folders.delete(this.folder)
  }

  /** Waits until a line of its log holds `text`. */
  async logged(text: string, ms = 5000): Promise<string> {
    return until(() => this.log.find((line) => line.includes(text)), ms, `mosquitto to log ${JSON.stringify(text)}`, () => `its last lines: ${this.log.slice(-5).join(' | ')}`)
  }

  private async launch(port: number): Promise<string | undefined> {
    const conf = join(this.folder, 'mosquitto.conf')
    writeFileSync(conf, this.configuration(port))
    const first = this.log.length
    // Ended with us even when we are killed and can run nothing more: Linux does that, where setpriv is there to ask it.
    const child = spawn(hasSetpriv ? 'setpriv' : 'mosquitto', [...(hasSetpriv ? ['--pdeathsig', 'KILL', '--', 'mosquitto'] : []), '-c', conf], { stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    let ended: string | undefined
    let tail = ''
    const take = (data: Buffer): void => {
      const lines = (tail + data.toString('utf8')).split('\n')
      tail = lines.pop() ?? ''
      this.log.push(...lines)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.once('error', (error) => {
      ended = `the mosquitto program could not be run (${error.message}); ${INSTALL}`
    })
    child.once('close', (code, signal) => {
      running.delete(child)
      if (tail.length > 0) this.log.push(tail)
      ended ??= `it ended with ${signal ?? `status ${code}`}: ${this.log.slice(first).join(' | ')}${code === 127 ? `; ${INSTALL}` : ''}`
      if (this.child === child) this.child = undefined
    })
    await until(() => ended !== undefined || this.log.slice(first).some((line) => /mosquitto version .* running/.test(line)), START_MS, 'mosquitto to listen', () => this.log.slice(first).join(' | '))
    if (ended === undefined) this.child = child
    return ended
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child
    if (child === undefined) throw new Error('mosquitto does not run')
    const closed = new Promise<void>((resolve) => {
      child.once('close', () => resolve())
    })
    child.kill(signal)
    await within(closed, STOP_MS, `mosquitto to end after ${signal}`)
    this.child = undefined
  }

  private configuration(port: number): string {
    const o = this.options
    const yes = (on: boolean): string => (on ? 'true' : 'false')
    const lines = [
      'per_listener_settings false', `persistence ${yes(o.persistence === true)}`, `persistence_location ${this.folder}/`,
      `autosave_interval ${o.autosaveInterval ?? 0}`, `autosave_on_changes ${yes(o.autosaveOnChanges === true)}`,
      `allow_anonymous ${yes(o.allowAnonymous ?? o.users === undefined)}`, 'log_dest stderr', 'log_type all', 'set_tcp_nodelay true'
    ]
    // Started as root it would change to a user that may not write to our folder.
    if (process.getuid?.() === 0) lines.push('user root')
    if (o.users !== undefined) {
      const file = join(this.folder, 'passwords')
      writeFileSync(file, Object.entries(o.users).map(([name, password]) => `${name}:${password}\n`).join(''), { mode: 0o600 })
      execFileSync('mosquitto_passwd', ['-U', file])
      lines.push(`password_file ${file}`)
    }
    if (o.acl !== undefined) {
      const file = join(this.folder, 'acl')
      writeFileSync(file, o.acl.join('\n') + '\n', { mode: 0o600 })
      lines.push(`acl_file ${file}`)
    }
    if (o.maxInflight !== undefined) lines.push(`max_inflight_messages ${o.maxInflight}`)
    if (o.maxQueued !== undefined) lines.push(`max_queued_messages ${o.maxQueued}`)
    if (o.maxKeepalive !== undefined) lines.push(`max_keepalive ${o.maxKeepalive}`)
    if (o.maxPacketSize !== undefined) lines.push(`max_packet_size ${o.maxPacketSize}`)
    if (o.retainAvailable !== undefined) lines.push(`retain_available ${yes(o.retainAvailable)}`)
    lines.push(...(o.lines ?? []), `listener ${port} 127.0.0.1`)
    if (o.maxTopicAlias !== undefined) lines.push(`max_topic_alias ${o.maxTopicAlias}`)
    if (o.maxQos !== undefined) lines.push(`max_qos ${o.maxQos}`)
    if (o.tls !== undefined) {
      lines.push(`certfile ${o.tls.certfile}`, `keyfile ${o.tls.keyfile}`)
      if (o.tls.cafile !== undefined) lines.push(`cafile ${o.tls.cafile}`)
      if (o.tls.requireCertificate === true) lines.push('require_certificate true')
    }
    return lines.join('\n') + '\n'
  }
}

/** A mosquitto that listens. End it with `remove()`. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const mosquitto = new Mosquitto(options)
  try {
    await mosquitto.start()
  } catch (error) {
    await mosquitto.remove()
    throw error
  }
  return mosquitto
}
