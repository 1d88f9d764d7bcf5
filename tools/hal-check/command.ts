/** `npx yieldmq hal-check PORT`: does a port keep the contract of hal/hal.ts? */
import { Argument, type Command } from 'commander'
import cliProgress from 'cli-progress'
import { allCases, type Case } from '../../hal/conformance/index.js'
import { CATALOGUE } from '../../hal/conformance/catalogue.js'
import { UsageError } from '../usage.js'
import { findPort } from './ports.js'
import { startPeer } from './peer.js'
import { listing, score, scorecard } from './score.js'

interface Options {
  json?: boolean
  list?: boolean
  only?: string[]
  serve?: string
  host?: string
}

/** Cases whose id, or part, is named. */
function wantedCases(only: string[] | undefined): Case[] {
  const all = allCases()
  if (only === undefined) return all
  const unknown = only.filter((name) => !all.some((one) => matches(one, name)))
  if (unknown.length > 0) throw new UsageError(`There is no case ${unknown.join(', ')}; --list shows all.`)
  return all.filter((one) => only.some((name) => matches(one, name)))
}

function matches(one: Case, name: string): boolean {
  return one.id === name || one.id.startsWith(name + '.')
}

async function check(port: string | undefined, options: Options): Promise<void> {
  const cases = wantedCases(options.only)
  if (options.list === true) {
    console.log(options.json === true ? JSON.stringify(cases.map((one) => ({ id: one.id, ...CATALOGUE[one.id] }))) : listing(cases))
    return
  }
  if (options.serve !== undefined) return serve(options.serve, options.host)
  if (port === undefined) throw new UsageError('Which port? host, host-blocking, sim, espruino, or a file such as ./my-port.js; --help shows more.')
  const run = await findPort(port)
  const bar = process.stderr.isTTY ? new cliProgress.SingleBar({ format: 'checking {bar} {value}/{total} {id}', stream: process.stderr, clearOnComplete: true }) : undefined
  bar?.start(cases.length, 0, { id: '' })
  const results = await run(cases, (result) => bar?.increment({ id: result.id }))
  bar?.stop()
  const total = score(port, cases, results)
  console.log(options.json === true ? JSON.stringify(total) : scorecard(total, cases))
  // A port's own sockets or threads may keep the process; the verdict is known.
  process.exit(total.failed.length === 0 && total.cases > 0 ? 0 : 1)
}

/** The peer for a port on a board; runs until it is ended. */
async function serve(asked: string, host = '127.0.0.1'): Promise<void> {
  const port = Number(asked)
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new UsageError(`--serve ${asked}: a port of 0 to 65535 is expected.`)
  const { peer, refused, silent } = await startPeer(host, port)
  console.log(`peer ${peer.host}:${peer.port}, refused ${refused.host}:${refused.port}${silent === undefined ? '' : `, silent ${silent.host}:${silent.port}`}; Ctrl-C ends it`)
}

export function setup(command: Command): void {
  command
    .addArgument(new Argument('[port]', 'host, host-blocking, sim, espruino, or the file of a port (default export or createHal)'))
    .option('--only <id...>', 'these cases or parts only')
    .option('--list', 'list the cases and stop')
    .option('--serve <port>', 'run only the peer, for a port on a board')
    .option('--host <address>', 'where the peer listens: 127.0.0.1 when absent')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', `
Exit status: 0 for a full score, 1 for less, 2 when the port cannot be checked.
A case that needs a part which the port does not have is listed as not applicable and counts neither way.

Example:
  npx yieldmq hal-check sim
  npx yieldmq hal-check ./my-port.js --only socket write.bounded`)
    .action(check)
}
