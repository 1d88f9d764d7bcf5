import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { explain } from '../../../firmware/explain.js'
import { startMosquitto, type Mosquitto } from '../../support/mosquitto.js'
import { Peers } from '../../support/peers.js'
import { until } from '../../support/until.js'

let broker: Mosquitto
const peers = new Peers(() => broker.port)
beforeAll(async () => {
  broker = await startMosquitto({ users: { device: 'secret' }, acl: ['user device', 'topic readwrite open/#', 'topic read denied/write'] })
})
afterEach(() => peers.end())
afterAll(() => broker.remove())

const GOOD = { username: 'device', password: 'secret' as never }

describe.each([[3, 5], [4, 5], [5, 0x87]] as const)('mosquitto with passwords, protocol version %i', (protocolVersion, notAuthorized) => {
  it.each([
    ['a wrong password', { username: 'device', password: 'wrong' as never }],
    ['an unknown user', { username: 'nobody', password: 'secret' as never }],
    ['no credentials', {}]
  ])('%s is refused by name, and tried again no sooner than in 10 s [S2-02] [S2-24] [S0-05]', async (_, credentials) => {
    const a = peers.client({ protocolVersion, clientId: 'refused', ...credentials })
    expect(a.client.connect()).toBe(0)
    await a.state('waiting')
    const cause = a.client.explain()
    expect([cause.code, cause.reason, a.got.links.at(-1)?.cause]).toEqual([-101, notAuthorized, -101])
    expect(a.client.idle()).toBeGreaterThan(9000)
    expect(a.client.stats().failures).toBe(1)
  })

  it('right credentials are accepted [S0-05]', async () => {
    const a = await peers.client({ protocolVersion, clientId: 'accepted', ...GOOD }).up()
    await a.receipt(a.client.publish('open/x', a.bytes('x'), 1))
    await a.end()
  })

  it('the credentials callback is asked before every CONNECT, and its answer goes out [S1-08]', async () => {
    const relay = await peers.proxy()
    let asked = 0
    const a = await peers.client({
      protocolVersion, clientId: 'asks',
      credentials: (into) => {
        asked += 1
        into.username = 'device'
        into.password = 'secret' as never
        return 0
      }
    }, relay.port).up()
    relay.cut()
    await relay.connections(2)
    await a.state('up')
    await until(() => a.got.states().filter((state) => state === 'up').length === 2, 5000, 'the second link')
    expect(asked).toBe(2)
  })
})

describe('a client that mosquitto does not like', () => {
  it('of 3.1.1 with an empty id and clean on gets one [S2-07]', async () => {
    const a = await peers.client({ clientId: '', ...GOOD }).up()
    await a.receipt(a.client.publish('open/y', a.bytes('x'), 1))
  })

  it('of 3.1.1 with an empty id and clean off is refused before anything is sent [S2-07]', () => {
    const a = peers.client({ clientId: '', clean: false, ...GOOD })
    expect(a.client.connect()).toBe(-7)
    expect(a.got.links).toEqual([])
  })

  it('a publish that the access list forbids ends as rejected under 5.0, and the link stays up [S1-19]', async () => {
    const a = await peers.client({ protocolVersion: 5, clientId: 'forbidden', ...GOOD }).up()
    const receipt = await a.receipt(a.client.publish('closed/x', a.bytes('x'), 1))
    expect(receipt.outcome).toBe('rejected')
    expect(a.client.explain().reason).toBe(0x87)
    expect(explain(a.client.explain(), 'en')).toContain('0x87')
    await a.receipt(a.client.publish('open/x', a.bytes('x'), 1))
    expect(a.got.states()).toEqual(['opening', 'connecting', 'up'])
  })
})
