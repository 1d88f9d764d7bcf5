/** Any sequence of calls, with arguments right and wrong, also from inside callbacks, against an honest server. */
import { ScriptedBroker } from '../../../test/support/broker.js'
import { Choices } from '../choices.js'
import { World } from '../world.js'

const STEPS = 60

const NUMBERS = [0, 1, 2, 3, -1, 1.5, NaN, Infinity, 1073741824, 1073741825, 2147483647, undefined, 'x'] as const
const TEXTS = ['t', '', '#', 'a/+/b', 'a#', '+', '$share/g/t', '$share//t', '\u0000', '\ud800', '\u20ac', 'x'.repeat(300), 'x'.repeat(70000), undefined, 7] as const
const BYTES = ['', 'p', 'p'.repeat(1200), 'p'.repeat(70000), undefined, 7] as const

/** One call of the public interface; what it answers is not looked at, as long as it answers. */
function call(w: World): void {
  const { choices: c, client } = w
  const number = (): never => c.pick(NUMBERS) as never
  const text = (): never => (c.oneIn(3) ? c.pick(TEXTS) : w.topic()) as never
  const bytes = (): never => (c.oneIn(3) ? c.pick(BYTES) : w.payload()) as never
  const properties = (): never => ({
    ...(c.oneIn(3) ? { userProperties: ['name', c.pick(TEXTS)] } : {}), ...(c.oneIn(3) ? { messageExpiryInterval: number() } : {}),
    ...(c.oneIn(4) ? { correlationData: bytes() } : {}), ...(c.oneIn(6) ? { topicAlias: number() } : {}), ...(c.oneIn(4) ? { contentType: text() } : {})
  }) as never
  const note = (token: number): void => {
    if (typeof token !== 'number') throw new Error(`publish returned ${String(token)}`)
    if (token > 0) w.accepted.add(token)
  }
  switch (c.int(16)) {
    case 0: case 1: note(client.publish(text(), bytes(), number(), c.oneIn(4))); break
    case 2: note(client.publish(text(), bytes(), c.pick([0, 1, 2] as const), false, { deadline: number(), priority: number(), keepLatest: c.oneIn(2), ...(c.oneIn(2) ? { properties: properties() } : {}) })); break
    case 3: note(client.publishStream(text(), number(), (_offset, max) => (c.oneIn(3) ? c.pick(BYTES) : 's'.repeat(max)) as never, number())); break
    case 4: case 5: client.subscribe(text(), number(), c.oneIn(3) ? () => w.inside() : undefined, c.oneIn(4) ? { noLocal: c.oneIn(2), retainHandling: number(), properties: { subscriptionIdentifier: number() } } : undefined); break
    case 6: client.unsubscribe(text()); break
    case 7: client.yield(c.pick([0, 0, 10, -1, NaN])); break
    case 8: client.receive(c.pick([0, 0, 10, -1, NaN])); break
    case 9: client.connect(); break
    case 10: if (c.oneIn(3)) client.disconnect({ timeout: number(), will: c.oneIn(4), ...(c.oneIn(3) ? { properties: { sessionExpiryInterval: number(), reasonString: text() } } : {}) }); break
    case 11: if (c.oneIn(4)) client.abort(); break
    case 12: if (c.oneIn(30)) client.destroy(); break
    case 13: client.idle(); client.stats(); client.explain(); client.server(); break
    default: w.act()
  }
}

export function run(input: Uint8Array): void {
  const c = new Choices(input)
  const w = new World(c)
  const broker = new ScriptedBroker({ enforceKeepalive: false })
  broker.listen(w.sim)
  let depth = 0
  w.inside = () => {
    if (c.done || depth > 3 || !c.oneIn(4)) return
    depth += 1
    call(w)
    depth -= 1
  }
  w.client.connect()
  for (let i = 0; i < STEPS && !c.done; i += 1) {
    const what = c.int(8)
    if (what < 5) call(w)
    else if (what === 5) w.run(c.pick([1, 10, 1000, 20000]))
    else if (what === 6) broker.publish(c.pick(['t', 'a/b', 'a/x/b']), 'm'.repeat(c.pick([0, 10, 100, 2000])), { qos: c.pick([0, 1, 2] as const) })
    else if (broker.peers.length > 0) c.pick([() => broker.peer.close(), () => broker.peer.rst(), () => broker.loseSessions(), () => {}])()
    if (c.oneIn(2)) w.run(3)
    w.check()
  }
  w.finish()
}
