/**
 * The command line: `npx yieldmq COMMAND`. Each command is a folder of tools/ with a `command.ts`, loaded only when it is
 * asked for, so that one command's packages do not slow the start of another.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { ROOT } from './build/root.js'
import { UsageError } from './usage.js'

/** Sets up one command: its options, its example, and what it does. */
export type Setup = (command: Command) => void

interface Entry {
  name: string
  summary: string
  load: () => Promise<{ setup: Setup }>
  /** It needs the compilers and the tests, which a package leaves out. */
  checkoutOnly?: boolean
}

const commands: Entry[] = [
  { name: 'build', summary: 'an application for an Espruino board, and the module for its Storage', load: () => import('./build/command.js') },
  { name: 'size', summary: 'what the boards\' builds take, by module and feature, against their budgets', load: () => import('./size/command.js') },
  { name: 'hal-check', summary: 'check a port against the contract of the HAL', load: () => import('./hal-check/command.js') },
  { name: 'journal-cuts', summary: 'cut the power at every write of the journal and look for what was promised', load: () => import('./journal/command.js') },
  { name: 'memory', summary: 'the most memory that a client can ever hold', load: () => import('./contract/command.js') },
  { name: 'sim', summary: 'run scenarios of faults from seeds and check every promise', load: () => import('./sim/command.js') },
  { name: 'replay', summary: 'show a flight recording and run this core through it', load: () => import('./replay/command.js') },
  { name: 'flash', summary: 'send a build to an Espruino board and verify it', load: () => import('./flash/command.js') },
  { name: 'modem-emulator', summary: 'an AT modem without hardware, on a pseudo terminal', load: () => import('./modem/command.js') },
  { name: 'probe', summary: 'is it the server or the device? Each step to a server, tried from this PC', load: () => import('./probe/command.js') },
  { name: 'keepalive', summary: 'what the learned keepalive saves on paths that cut idle links', load: () => import('./keepalive/command.js') },
  { name: 'differential', summary: 'the same traces through every runtime of this machine', load: () => import('./differential/command.js'), checkoutOnly: true },
  { name: 'storm', summary: 'a fleet that loses its server: attempts in the worst second', load: () => import('./storm/command.js') }
]

const program = new Command('yieldmq')
  .description('The MQTT client for things too small for an MQTT client.')
  .showHelpAfterError('(--help shows what may be given)')

const asked = process.argv[2]
const inPackage = !existsSync(path.join(ROOT, 'tools/cli.ts'))

/** What an installed package says instead of a command that it cannot run. */
function refuse(command: Command): void {
  command.allowUnknownOption().allowExcessArguments().action(() => {
    throw new UsageError(`yieldmq ${command.name()} takes a checkout of yieldmq's source with its development packages; this is an installed package.`)
  })
}

for (const { name, summary, load, checkoutOnly } of commands) {
  const command = program.command(name).summary(summary).description(summary)
  if (name !== asked && !(asked === 'help' && name === process.argv[3])) continue
  if (checkoutOnly === true && inPackage) refuse(command)
  else (await load()).setup(command)
}
try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
