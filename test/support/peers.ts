/** The clients, observers and proxies of one test against a real broker, ended after it whatever happens. */
import type { IClientOptions } from 'mqtt'
import type { Options } from '../../firmware/types.js'
import { observe, type Observer } from './clients.js'
import { HostClient } from './host-client.js'
import { proxy, type Proxy } from './proxy.js'

export class Peers {
  private readonly ends: (() => Promise<void>)[] = []

  /** @param port of the broker, asked when it is needed: it may be started later. */
  constructor(private readonly port: () => number) {}

  /** A client of ours, not connected. */
  client(options: Partial<Options> = {}, port = this.port()): HostClient {
    const client = new HostClient(port, options)
    this.ends.push(async () => {
      client.client.destroy()
      if (client.errors.length > 0) throw client.errors[0]
      client.got.checkReceipts()
    })
    return client
  }

  /** A connected observer. */
  async observer(options: IClientOptions = {}): Promise<Observer> {
    const observer = await observe(this.port(), options)
    this.ends.push(async () => {
      observer.client.end(true)
    })
    return observer
  }

  async proxy(): Promise<Proxy> {
    const relay = await proxy(this.port())
    this.ends.push(relay.stop)
    return relay
  }

  /** For `afterEach`. */
  async end(): Promise<void> {
    const failures: unknown[] = []
    for (const end of this.ends.splice(0).reverse()) await end().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }
}
