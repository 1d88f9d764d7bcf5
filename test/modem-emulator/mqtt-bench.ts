/** A bench with the model broker behind it, for the MQTT that modules have inside. */
import type { Bytes } from '../../hal/hal.js'
import { ModelBroker, type ModelBrokerOptions } from '../../hal/sim/broker/index.js'
import type { ModemOptions } from '../../hal/sim/modem/index.js'
import { Bench } from './bench.js'

export const BROKER = 'mqtt.test'
export const BROKER_PORT = 1884

/** All 256 byte values, with what looks like lines of every family inside. */
export const EVIL = `${Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')}\r\nOK\r\n+MSUB: 0\r\n> \r\n+QMTRECV: 0,1\r\nCLOSED\r\n+MQTTDISCONNECTED:0\r\nERROR\r\n\x1a\x1b"` as Bytes

export class MqttBench extends Bench {
  readonly broker: ModelBroker
  /** What asks for data. */
  private readonly prompt: string

  constructor(options: ModemOptions, broker: Partial<ModelBrokerOptions> = {}) {
    super({ echo: false, ...options })
    this.prompt = options.family === 'esp' ? '\r\nOK\r\n\r\n>' : options.family === 'sim7600' || options.family === 'a7670' ? '\r\n>' : '\r\n> '
    this.broker = new ModelBroker(this.sim, { host: BROKER, port: BROKER_PORT, ...broker })
  }

  /** Payloads that the broker took, in order. */
  get taken(): Bytes[] {
    return this.broker.oracle.taken.items.map((one) => one.payload)
  }

  /** A command and all that comes within `ms`. */
  say(line: string, ms = 1000): string {
    this.output = ''
    this.type(`${line}\r\n`)
    return this.within(ms)
  }

  /** A command, its prompt, data, and all that comes within `ms`. */
  feed(line: string, data: string, ms = 1000): string {
    this.command(line, this.prompt)
    this.type(data)
    return this.within(ms)
  }
}
