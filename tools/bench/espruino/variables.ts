/**
 * The rows `espruino.variables.*`: the interpreter's variables that a client takes from its `require`, from Storage, to a link that is
 * up and at rest: module, client, options and socket.
 */
import { startMosquitto } from '../../../test/support/mosquitto.js'
import { rowOf, type Row } from '../row.js'
import { ourBundle, PEER_NAME, PORT, withDevice } from './device.js'
import { limitRow, type Run } from './rows.js'

const LIMITS = { tiny: 420, standard: 900 }
/** Variables of the smallest board that has Wi-Fi, an ESP8266. */
const SMALL_POOL = 1700
const LIMIT_MS = 30_000

/** Variables after `create` and `connect` of `make`, JavaScript that calls `up` once the link is up. */
async function measure(modules: Record<string, string>, make: string): Promise<number> {
  // The interpreter's own objects come into being when first used, by whichever program: they are here before either client.
  const script = `
String; Array; Object; Math; Number; Function; E; Modules; require("net"); require("Storage"); getTime; setTimeout; setInterval; clearTimeout; clearInterval; parseInt;
var client, before = 0;
function up() { setTimeout(function() { say("variables", used() - before); say("done"); }, 300); }
before = used();
${make}`
  return withDevice(modules, script, 'load', async (device) => {
    await device.hears('done', LIMIT_MS)
    return device.all('variables')[0] as number
  })
}

/** On few variables everything must have room: messages of each QoS out and in while the link is up. Gives the most variables that were in use, Infinity where they were not enough. */
async function useSmall(code: string, highestQos: number, port: number, binary: string): Promise<number> {
  const payload = 'x'.repeat(200)
  const script = `
var most = 0, left = ${highestQos + 1}, client, payload = "${payload}";
function look() { var u = process.memory(false).usage; if (u > most) most = u; }
client = require("yieldmq").create(${PORT}, {
  servers: [{ host: "127.0.0.1", port: ${port} }], clientId: "small",
  onSubscribed: function() { for (var q = 0; q <= ${highestQos}; q++) { say("accepted", client.publish("small/" + q, payload, q)); look(); } },
  onMessage: function(topic, data) { look(); if (data === payload) left--; if (left === 0) setTimeout(function() { look(); say("most", [most, process.memory().total]); say("done"); }, 300); }
});
client.subscribe("small/#", ${highestQos});
client.connect();`
  return withDevice({ yieldmq: code }, script, 'load', async (device) => {
    try {
      await device.hears('done', LIMIT_MS)
    } catch (error) {
      // The interpreter stops the program first, and says why a moment later.
      if (/LOW_MEMORY|Execution Interrupted/.test((error as Error).message)) return Infinity
      throw error
    }
    const [most, total] = device.all('most')[0] as [number, number]
    if (total > SMALL_POOL) throw new Error(`ESPRUINO_SMALL_BIN names an interpreter of ${total} variables; the row is about ${SMALL_POOL} at most`)
    return most
  }, binary)
}

export async function variableRows({ peer, small, wanted, progress }: Run): Promise<Row[]> {
  const rows: Row[] = []
  const names = ['tiny', 'standard'] as const
  if (![...names.map((name) => `espruino.variables.${name}`), 'espruino.variables.tiny.mqttjs', 'espruino.variables.tiny.small', 'espruino.variables.standard.small'].some(wanted)) return rows
  const broker = await startMosquitto()
  try {
    const ours = async (profile: 'tiny' | 'standard'): Promise<number> => measure({ yieldmq: await ourBundle(profile) },
      `client = require("yieldmq").create(${PORT}, { servers: [{ host: "127.0.0.1", port: ${broker.port} }], clientId: "bench", onLink: function(state) { if (state === "up") up(); } }); client.connect();`)
    for (const profile of names) {
      const name = `espruino.variables.${profile}`
      const against = `${name}.mqttjs`
      if (!wanted(name) && !wanted(against)) continue
      progress(name)
      const figure = await ours(profile)
      if (wanted(name)) rows.push(limitRow(name, 'variables', [figure], LIMITS[profile]))
      if (profile === 'tiny' && wanted(against)) {
        const theirs = peer === undefined ? null : [await measure({ MQTT: peer },
          `client = require("MQTT").create("127.0.0.1", { port: ${broker.port}, client_id: "peer" }); client.on("connected", up); client.connect();`)]
        rows.push(rowOf({ name: against, unit: 'variables', peerName: PEER_NAME, better: 'less', atLeast: 0 }, [figure], theirs))
      }
    }
    for (const profile of names) {
      const name = `espruino.variables.${profile}.small`
      if (!wanted(name)) continue
      const most = small === '' ? null : [await useSmall(await ourBundle(profile), profile === 'tiny' ? 1 : 2, broker.port, small)]
      rows.push(limitRow(name, 'variables', most, SMALL_POOL, 'a pool of 1700, the script included'))
    }
    return rows
  } finally {
    await broker.remove()
  }
}
