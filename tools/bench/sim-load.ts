/** What both sides of the row `sim.days` do: an idle link that is pinged, and a QoS 1 message now and then. */
export const KEEPALIVE_S = 60
export const MESSAGE_EVERY_MS = 600000
export const TOPIC = 'bench/sim/topic'
export const PAYLOAD = '0123456789012345678901234567890123456789'
