/**
 * Deep sleep between readings. The board starts anew at each wake: it adds a reading to a file, and every few wakes it
 * connects, publishes the whole file with QoS 1, waits for the receipt, and only then erases it. What could not be
 * delivered stays for the next time.
 */
import { create, type Client, type LinkState, type Outcome } from 'yieldmq'
import { espruino } from 'yieldmq/espruino'
import { device } from 'yieldmq/espruino/device'
import { wifi } from 'yieldmq/espruino/wifi'

const settings = {
  wifi: { ssid: 'my network', password: 'my password' },
  server: { host: 'broker.local', port: 1883 },
  /** s asleep between two readings. */
  sleepSeconds: 600,
  /** Wakes from one report to the next. */
  wakesPerReport: 6,
  /** ms that a report may keep the board awake, Wi-Fi included. */
  reportMs: 20000,
  /** ms for the last bytes to leave before the radio is off. */
  farewellMs: 250,
  /** Bytes of readings that are kept for a server that stays away; a report larger than the packet limit would be refused. */
  keepBytes: 900
}

// The radio stays off until there is something to report.
const hal = espruino()
device(hal, {})
const files = require('Storage')
/** Lines, appended: a wake writes a few bytes of flash and not the whole file. */
const FILE = 'readings'
/** How many wakes were reported. */
const REPORTED = 'reported'

function sleep(): void {
  const us = settings.sleepSeconds * 1000000
  if (process.env.BOARD.indexOf('ESP8266') === 0) ESP8266.deepSleep(us, 0)
  else ESP32.deepSleep(us)
}

/** Sleeps once the client has nothing left to do: `idle()` says in how many ms it wants the next slice. */
function sleepWhenIdle(client: Client): void {
  const due = client.idle()
  if (due > settings.sleepSeconds * 1000) sleep()
  else setTimeout(sleepWhenIdle, due > 0 ? due : 1, client)
}

function report(lines: string, wakes: number): void {
  hal.network = wifi(settings.wifi)
  let token = 0
  const client = create(hal, {
    servers: [settings.server],
    // Nothing is missed while it sleeps, as it listens to nothing.
    clean: true,
    onReceipt: (of: number, outcome: Outcome) => {
      if (of !== token) return
      print('report ' + outcome)
      if (outcome === 'delivered') {
        files.open(FILE, 'r').erase()
        files.write(REPORTED, String(wakes))
      }
      client.disconnect()
    },
    onLink: (state: LinkState) => {
      if (state === 'offline') setTimeout(sleepWhenIdle, settings.farewellMs, client)
    }
  })
  if (client.connect() < 0) return sleep()
  token = client.publish('devices/' + hal.system.id() + '/report', hal.text.utf8(lines), 1)
  if (token < 0) {
    // It can never be sent as it is: the next report begins anew.
    print('report refused, code ' + token)
    files.open(FILE, 'r').erase()
  }
  setTimeout(() => {
    print('no receipt in ' + settings.reportMs + ' ms')
    // Without a receipt the file stays.
    client.destroy()
    sleep()
  }, token < 0 ? 0 : settings.reportMs)
}

const old: string = files.open(FILE, 'r').read(settings.keepBytes) || ''
const wakes = Number(files.read(REPORTED) || 0) + old.split('\n').length
// The reason tells a wake from a start that nobody meant: after a brown-out or the watchdog it is another word.
const lines = old + wakes + ' ' + hal.system.resetReason() + ' ' + E.getTemperature() + '\n'
const full = lines.length > settings.keepBytes
if (full) print('the file is full: reading ' + wakes + ' is lost')
else files.open(FILE, 'a').write(lines.substring(old.length))

if (full || wakes % settings.wakesPerReport === 0) report(full ? old : lines, wakes)
else sleep()
