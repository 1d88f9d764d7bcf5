/** Readings over TLS, with a client certificate that lies in the board's Storage. */
import { create, run, type LinkState } from 'yieldmq'
import { espruino } from 'yieldmq/espruino'
import { wifi } from 'yieldmq/espruino/wifi'

const settings = {
  wifi: { ssid: 'my network', password: 'my password' },
  server: { host: 'broker.local', port: 8883 },
  /** Files in Storage, in DER. */
  certificate: 'client.crt',
  key: 'client.key',
  /** ms between two readings. */
  periodMs: 60000
}

const hal = espruino({ network: wifi(settings.wifi) })
const files = require('Storage')
const cert = files.read(settings.certificate)
const key = files.read(settings.key)

const client = create(hal, {
  servers: [{
    host: settings.server.host, port: settings.server.port,
    // The interpreter encrypts and shows our certificate, but checks no server's: whoever holds the name may be listening.
    tls: { cert: cert, key: key, insecureNoVerify: true }
  }],
  onLink: (state: LinkState, _sessionPresent, cause) => { print('link ' + state + (cause < 0 ? ', code ' + cause : '')) }
})

if (cert === undefined || key === undefined) print('Storage has no ' + settings.certificate + ' or no ' + settings.key)
else {
  const started = client.connect()
  if (started < 0) print('an option is wrong, code ' + started)
  run(client, settings.periodMs, () => {
    client.publish('devices/' + hal.system.id() + '/readings', hal.text.utf8(JSON.stringify({ celsius: E.getTemperature() })), 1)
  })
}
