/** `npx yieldmq storm`: a fleet and a server that restarts. */
import Table from 'cli-table3'
import { InvalidArgumentError, type Command } from 'commander'
import { storm, type StormResult } from './storm.js'

function number(text: string): number {
  const n = Number(text)
  if (!Number.isFinite(n) || n <= 0) throw new InvalidArgumentError('a number above 0 is needed')
  return n
}

interface Asked {
  devices: number
  spread: number
  down?: number[]
  seed: number
  clones: boolean
  json?: boolean
}

function tableOf(results: StormResult[]): string {
  const table = new Table({ style: { head: [], border: [] }, head: ['server away', 'spread', 'attempts', 'worst second', 'of them answered', 'bound', 'all back after', ''] })
  for (const one of results) {
    table.push([
      `${one.downMs / 1000} s`, `${one.spreadMs / 1000} s`, one.attempts, `${one.peakAttempts} /s`, `${one.peakConnects} /s`, `${Math.floor(one.bound)} /s`,
      `${(one.backAfterMs / 1000).toFixed(1)} s`, one.holds ? 'holds' : 'BROKEN'
    ])
  }
  return table.toString()
}

export function setup(command: Command): void {
  command
    .description('A fleet loses its server at one moment: how many attempts fall into the worst second, against the bound of 1.5 x devices / spread.')
    .option('--devices <n>', 'devices; below about 100 a second the chance of a second outweighs the bound', number, 10000)
    .option('--spread <s>', 'reconnectSpread in seconds', number, 5)
    .option('--down <s>', 'seconds that the server is away; may be given again (10 and 180 when absent)', (text: string, list: number[] | undefined) => [...(list ?? []), number(text)])
    .option('--seed <n>', 'where chance begins', number, 1)
    .option('--no-clones', 'give every device a random seed of its own; otherwise they share one, and only their ids differ')
    .option('--json', 'one JSON value')
    .addHelpText('after', '\nExample:\n  npx yieldmq storm --devices 10000 --spread 60 --json')
    .action((asked: Asked) => {
      const results = (asked.down ?? [10, 180]).map((down) => storm({
        devices: Math.floor(asked.devices), spreadMs: Math.round(asked.spread * 1000), downMs: Math.round(down * 1000), clones: asked.clones, seed: asked.seed
      }))
      process.stdout.write(`${asked.json === true ? JSON.stringify(results) : tableOf(results)}\n`)
      if (results.some((one) => !one.holds)) process.exitCode = 1
    })
}
