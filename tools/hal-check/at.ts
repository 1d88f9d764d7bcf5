/** The kit behind an emulated modem: hal/at on a simulated device, its sockets in the virtual network, one family at a time. */
import { atModem } from '../../hal/at/index.js'
import { air724, air780 } from '../../hal/at/air7xx.js'
import { esp } from '../../hal/at/esp.js'
import type { Family } from '../../hal/at/family.js'
import { bg9x, ec2x } from '../../hal/at/quectel.js'
import { sim800 } from '../../hal/at/sim800.js'
import { a7670, sim7600 } from '../../hal/at/simcom.js'
import { ModemEmulator, type FamilyName } from '../../hal/sim/modem/index.js'
import { simCheck, type SimCheck } from './sim.js'

const GROUPS = { 'at-air7xx': [air724, air780], 'at-sim800': [sim800], 'at-sim7600': [sim7600, a7670], 'at-quectel': [ec2x, bg9x], 'at-esp': [esp] }

/** The families that hal-check knows, by the port's name: those that share a table, and each by itself. */
export const AT_PORTS: Record<string, Family[]> = { ...GROUPS, ...Object.fromEntries(Object.values(GROUPS).flat().map((family) => [`at-${family.name}`, [family]])) }

/** The others answer that a link failed, and no more. */
const TELLS_REFUSAL = [ec2x, bg9x]
const TELLS_NAME = [ec2x, bg9x, sim7600, a7670]

/** A simulated device with a modem of `family`. `waits` as in hal/sim. */
export function atCheck(family: Family, waits: boolean): SimCheck & { modem: ModemEmulator } {
  const check = simCheck(waits)
  const { sim, setup } = check
  const modem = new ModemEmulator(sim.addDevice({ waits: false, sockets: 16 }).hal, { family: family.name as FamilyName, registerMs: 0 })
  const serial = modem.serial()
  const base = setup.hal
  const open = serial.open
  // A device that waits is woken as by an interrupt.
  serial.open = (baud, onBytes) => open(baud, () => {
    if (waits) sim.device.timer.socketEvent()
    onBytes()
  })
  const busy = (ms: number): void => {
    // The modem goes on meanwhile.
    if (waits) sim.run(ms)
    else sim.busy(ms)
  }
  const hal = atModem(base, serial, family, { pins: modem.pins(), apn: family === esp ? 'home' : 'internet' })
  return { sim, modem, setup: { ...setup, hal, busy, sockets: family.tcp.count, flushes: true, tellsReset: false, tellsRefusal: TELLS_REFUSAL.includes(family), tellsName: TELLS_NAME.includes(family), holdMs: 10000 } }
}
