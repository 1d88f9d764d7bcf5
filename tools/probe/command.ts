/** `npx yieldmq probe URL`: is it the server or the device? */
import type { Command } from 'commander'
import { exitTable } from './causes.js'
import { stepLine, summary } from './print.js'
import { DEFAULTS, requestOf, type Given } from './request.js'
import { probe } from './run.js'

interface Options extends Given {
  json?: boolean
}

/** Writes all of it, then ends the process: a resolver that never answers would hold it for minutes. */
function leave(text: string, exitStatus: number): void {
  process.exitCode = exitStatus
  process.stdout.write(`${text}\n`, () => process.exit())
}

async function run(url: string, options: Options): Promise<void> {
  const request = requestOf(url, options)
  const json = options.json === true
  if (!json) process.stdout.write(`${request.url} from this PC\n`)
  const report = await probe(request, json ? {} : { onStep: (step) => process.stdout.write(`${stepLine(step)}\n`) })
  leave(json ? JSON.stringify(report) : summary(report), report.exitStatus)
}

export function setup(command: Command): void {
  command
    .description('Is it the server or the device? Tries each step to a server from this PC, with the client that runs on devices: DNS, TCP, TLS, CONNECT, SUBSCRIBE and echoes.')
    .argument('<url>', 'mqtt://[user[:password]@]host[:port], or mqtts:// for TLS')
    .option('--username <name>', 'in place of the one in the URL')
    .option('--password <text>', 'in place of the one in the URL; never printed')
    .option('--client-id <id>', 'a random one when absent; that of a device which is connected throws it out')
    .option('--protocol <level>', '3 (MQTT 3.1), 4 (3.1.1) or 5 (5.0)', DEFAULTS.protocol)
    .option('--ca <file>', 'PEM: who may sign the server\'s certificate, in place of the CAs of Node')
    .option('--insecure', 'accept any certificate, and say what is wrong with it')
    .option('--cert <file>', 'PEM: our certificate, for servers that want one')
    .option('--key <file>', 'PEM: its key')
    .option('--servername <name>', 'sent as SNI and checked against the certificate; the host of the URL when absent')
    .option('--topic <topic>', 'to publish and subscribe to; a random one below yieldmq/probe/ when absent')
    .option('--count <n>', 'echoes with QoS 0, and again with QoS 1', DEFAULTS.count)
    .option('--timeout <ms>', 'how long each wait may take', DEFAULTS.timeout)
    .option('--max-connect <ms>', 'warn when connecting takes longer', DEFAULTS.maxConnect)
    .option('--max-rtt <ms>', 'warn when 95 % of the echoes take longer', DEFAULTS.maxRtt)
    .option('--max-loss <percent>', 'warn when more echoes are lost', DEFAULTS.maxLoss)
    .option('--json', 'one JSON value on standard output, and nothing else there')
    .addHelpText('after', `
Exit status, and the id of the cause:
${exitTable()}

Example:
  npx yieldmq probe mqtt://broker.example
  npx yieldmq probe mqtts://broker.example --ca ca.pem --username meter --password secret --json`)
    .action(run)
}
