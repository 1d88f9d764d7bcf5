/**
 * Commands for an Air724 (LuaTask): what comes on device/ID/command is answered on device/ID/reply with the QoS that it came
 * with. A second task has something to say of its own, on device/ID/event; `wake` lets it leave at once, though the first task
 * is waiting for the network.
 *
 *   device/ID/command   "ping", "signal" or "battery"
 *   device/ID/reply     "ping: pong", or "NAME: error: unknown command"
 *   device/ID/event     a local event
 *
 * ID is the IMEI. Build it, and give the folder to the module's download tool:
 *
 *   npx yieldmq build --board air724 examples/lua/command.ts
 */
import { create, type Client } from 'yieldmq'
import { luatask, wake } from 'yieldmq/luatask'

const settings = {
  server: { host: 'broker.local', port: 1883 },
  /** ms between two local events, which a button or a sensor would bring. */
  eventMs: 60000
}

const hal = luatask()
const utf8 = hal.text.utf8

function answer(this: void, command: string): string {
  if (command === 'ping') return 'pong'
  if (command === 'signal') return tostring(net.getRssi())
  if (command === 'battery') return tostring(misc.getVbatt())
  return 'error: unknown command'
}

/** The second task. Any task may publish; one alone calls `yield`. */
function reportEvents(this: void, client: Client, base: string): void {
  let count = 0
  while (true) {
    sys.wait(settings.eventMs)
    count = count + 1
    log.info('event', count)
    const token = client.publish(base + '/event', utf8('event ' + tostring(count)), 1)
    if (token < 0) log.warn('event', count, 'refused, code', token)
    wake()
  }
}

sys.taskInit(() => {
  // The module knows its IMEI some seconds after its start.
  while (hal.system.id() === '') sys.wait(100)
  const base = 'device/' + hal.system.id()

  const client = create(hal, {
    servers: [settings.server],
    onLink: (state, _sessionPresent, cause) => { log.info('mqtt', 'link', state, cause) },
    onSubscribed: (_token, filter, code) => { log.info('mqtt', 'subscribed', filter, code) }
  })
  client.subscribe(base + '/command', 2, (_topic, payload, packet) => {
    const command = hal.text.text(payload)
    log.info('command', command)
    const token = client.publish(base + '/reply', utf8(command + ': ' + answer(command)), packet.qos)
    if (token < 0) log.warn('command', 'reply refused, code', token)
  })

  const started = client.connect()
  if (started < 0) {
    log.error('mqtt', 'an option is wrong, code', started)
    return
  }
  sys.taskInit(reportEvents, client, base)
  // It wakes for what comes from the server, for what is due, and for `wake`.
  while (client.yield(60000) >= 0) {}
})
