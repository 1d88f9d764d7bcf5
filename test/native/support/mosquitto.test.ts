import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { observe } from '../../support/clients.js'
import { startMosquitto, type Mosquitto, type MosquittoOptions } from '../../support/mosquitto.js'
import { until } from '../../support/until.js'

const brokers: Mosquitto[] = []
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.remove()
})

async function start(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const broker = await startMosquitto(options)
  brokers.push(broker)
  return broker
}

const SLEEPER = { clientId: 'sleeper', clean: false, protocolVersion: 4 as const, reconnectPeriod: 0 }

describe('a mosquitto of the test itself', () => {
  it('listens, brings a message, logs, and leaves nothing behind', async () => {
    const broker = await start()
    const observer = await observe(broker.port)
    await observer.subscribe('a')
    await observer.publish('a', 'b', { qos: 2 })
    expect((await observer.message('a')).payload).toBe('b')
    await broker.logged('New client connected')
    await observer.end()
    const folder = /Config loaded from (.*)\/mosquitto\.conf/.exec(broker.log.join('\n'))?.[1] ?? ''
    expect(existsSync(folder)).toBe(true)
    await broker.remove()
    brokers.length = 0
    expect([broker.running, existsSync(folder)]).toEqual([false, false])
  })

  it('two run at a time, on ports of their own', async () => {
    const [a, b] = await Promise.all([start(), start()])
    expect(a.port).not.toBe(b.port)
  })

  it.each([['SIGTERM', true], ['SIGKILL', false]] as const)('with persistence keeps a session over %s: %j', async (signal, kept) => {
    const broker = await start({ persistence: true })
    const first = await observe(broker.port, SLEEPER)
    await first.subscribe('q', 1)
    await first.end()
    const sender = await observe(broker.port)
    await sender.publish('q', 'kept', { qos: 1 })
    await sender.end()
    const { port } = broker
    await broker.restart(signal)
    expect(broker.port).toBe(port)
    const second = await observe(broker.port, SLEEPER)
    await second.fence()
    expect(second.payloads('q')).toEqual(kept ? ['kept'] : [])
    await second.end()
  })

  it('checks passwords and access lists', async () => {
    const broker = await start({ users: { device: 'secret' }, acl: ['user device', 'topic readwrite open/#'] })
    await expect(observe(broker.port, { reconnectPeriod: 0 })).rejects.toThrow('Not authorized')
    await expect(observe(broker.port, { username: 'device', password: 'wrong', reconnectPeriod: 0 })).rejects.toThrow('Not authorized')
    const observer = await observe(broker.port, { username: 'device', password: 'secret' })
    await observer.subscribe('#')
    await observer.publish('closed/a', 'x', { qos: 1 })
    await observer.publish('open/a', 'x', { qos: 1 })
    await observer.message('open/a')
    expect(observer.messages.map((message) => message.topic)).toEqual(['open/a'])
    await observer.end()
  })

  it('names a configuration that it does not accept', async () => {
    await expect(startMosquitto({ lines: ['no_such_option true'] })).rejects.toThrow(/did not start on port \d+ .*no_such_option/)
  })

  it('takes the port it had before even when that is free only a little later', async () => {
    const broker = await start()
    const { port } = broker
    await broker.stop()
    const { createServer } = await import('node:net')
    const squatter = createServer()
    await new Promise<void>((resolve) => {
      squatter.listen(port, '127.0.0.1', resolve)
    })
    const starting = broker.start()
    await until(() => broker.log.some((line) => line.includes('Address already in use')), 5000, 'the first attempt to fail')
    squatter.close()
    await starting
    expect(broker.port).toBe(port)
  })
})
