/** The rows `espruino.bytes.*`: the minified module, client and port together, that a board loads. */
import { PROFILES, type Profile } from '../../build/profiles.js'
import { rowOf, type Row } from '../row.js'
import { ourBundle, PEER_NAME } from './device.js'
import { limitRow, type Run } from './rows.js'

const LIMITS: Record<Profile, number> = { tiny: 7500, standard: 14_000, full: 26_000 }

export async function sizeRows({ peer, wanted }: Run): Promise<Row[]> {
  const rows: Row[] = []
  for (const profile of PROFILES) {
    const name = `espruino.bytes.${profile}`
    if (wanted(name)) rows.push(limitRow(name, 'B', [(await ourBundle(profile)).length], LIMITS[profile]))
  }
  const name = 'espruino.bytes.tiny.mqttjs'
  if (wanted(name)) {
    const heading = { name, unit: 'B', peerName: `${PEER_NAME}, minified`, better: 'less', atLeast: 0 } as const
    rows.push(rowOf(heading, [(await ourBundle('tiny')).length], peer === undefined ? null : [peer.length]))
  }
  return rows
}
