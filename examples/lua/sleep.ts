/**
 * Deep sleep on an Air780E (LuatOS). Each wake is a start of the module: it connects to the session that the server kept for it,
 * sends one reading with QoS 1, waits for the receipt, takes what was queued meanwhile, leaves in order and sleeps again.
 *
 *   device/ID/readings   a reading
 *   device/ID/inbox      what the module takes at its next wake; publish with QoS 1
 *
 * ID is the IMEI. Build it, and give the folder to the module's download tool:
 *
 *   npx yieldmq build --board air780e examples/lua/sleep.ts
 */
import { create } from 'yieldmq'
import { luatos } from 'yieldmq/luatos'

const settings = {
  server: { host: 'broker.local', port: 1883 },
  /** ms asleep between two readings. The module's timer 0 reaches 2.5 hours; 2 and above reach further. */
  sleepMs: 600000,
  timer: 0,
  /** ms that the receipt may take, the way into the network included. */
  receiptMs: 30000,
  /** ms after the receipt for what was queued: MQTT does not say where a queue ends. */
  listenMs: 2000,
  /** ms in which a module falls asleep. */
  asleepMs: 15000
}

function sleep(this: void): void {
  log.info('sleep', settings.sleepMs)
  pm.dtimerStart(settings.timer, settings.sleepMs)
  // Firmwares before WORK_MODE have HIB alone.
  if (pm.WORK_MODE !== undefined) pm.power(pm.WORK_MODE, 3)
  else if (pm.HIB !== undefined) pm.request(pm.HIB)
  sys.wait(settings.asleepMs)
  log.warn('sleep', 'still awake')
  // A PC does not sleep; no module has os.exit. A module that stays awake would empty its battery.
  if (os.exit !== undefined) os.exit(0)
  rtos.reboot()
}

sys.taskInit(() => {
  const hal = luatos()
  const base = 'device/' + hal.system.id()
  const start = hal.timer.ticks()
  let reading = 0
  let receipt = ''

  const client = create(hal, {
    servers: [settings.server],
    // The server keeps subscriptions and messages while the module sleeps.
    clean: false,
    onLink: (state, sessionPresent, cause) => { log.info('mqtt', 'link', state, cause, sessionPresent) },
    onReceipt: (token, outcome) => { if (token === reading) receipt = outcome }
  })
  client.subscribe(base + '/inbox', 1, (_topic, payload) => { log.info('inbox', hal.text.text(payload)) })

  const started = client.connect()
  if (started < 0) log.error('mqtt', 'an option is wrong, code', started)
  else {
    const signal: number | undefined = mobile.csq()
    const text = '{"reset":"' + hal.system.resetReason() + '","csq":' + (signal === undefined ? 'null' : tostring(signal)) + '}'
    reading = client.publish(base + '/readings', hal.text.utf8(text), 1)
    if (reading < 0) log.warn('reading', 'refused, code', reading)
    else while (receipt === '' && hal.timer.since(start) < settings.receiptMs) client.yield(100)
    log.info('reading', receipt === '' ? 'no receipt' : receipt)

    const heard = hal.timer.ticks()
    while (receipt !== '' && hal.timer.since(heard) < settings.listenMs) client.yield(100)
    // Waits until what is under way has left, at most a second.
    client.disconnect({ timeout: 1000 })
  }
  sleep()
})
