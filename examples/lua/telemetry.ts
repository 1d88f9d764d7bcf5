/**
 * Telemetry from an Air780E (LuatOS): the signal's strength every ten seconds with QoS 1, and the module's status with a will, so
 * that a server always knows whether it is there.
 *
 *   device/ID/readings   a reading
 *   device/ID/status     "online" or "offline", retained
 *
 * ID is the IMEI. Build it, and give the folder to the module's download tool:
 *
 *   npx yieldmq build --board air780e examples/lua/telemetry.ts
 */
import { create, run } from 'yieldmq'
import { luatos } from 'yieldmq/luatos'

const settings = {
  server: { host: 'broker.local', port: 1883 },
  /** ms between two readings. */
  periodMs: 10000
}

sys.taskInit(() => {
  const hal = luatos()
  const utf8 = hal.text.utf8
  const base = 'device/' + hal.system.id()
  let count = 0

  const client = create(hal, {
    servers: [settings.server],
    will: { topic: base + '/status', payload: utf8('offline'), qos: 1, retain: true },
    onLink: (state, _sessionPresent, cause) => {
      log.info('mqtt', 'link', state, cause)
      // Retained, as the will is: who subscribes later knows too.
      if (state === 'up') client.publish(base + '/status', utf8('online'), 1, true)
    },
    onReceipt: (token, outcome, reason) => {
      if (outcome !== 'delivered') log.warn('mqtt', 'message', token, outcome, reason)
    }
  })

  const started = client.connect()
  if (started < 0) log.error('mqtt', 'an option is wrong, code', started)

  run(client, settings.periodMs, () => {
    count = count + 1
    // Unknown until the module has found its network.
    const signal: number | undefined = mobile.csq()
    const reading = '{"n":' + tostring(count) + ',"csq":' + (signal === undefined ? 'null' : tostring(signal)) + '}'
    const token = client.publish(base + '/readings', utf8(reading), 1)
    if (token < 0) log.warn('mqtt', 'reading', count, 'refused, code', token)
  })
})
