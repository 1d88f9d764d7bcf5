/** What the Lua ports do with the modules' numbers: the clocks over their wrap, hashes in hex, the names of stored values. */
import type { Bytes } from '../../../hal/hal.js'
import { luatos } from '../../../hal/luatos/index.js'
import { fromHex } from '../../../hal/lua/hex.js'
import { createClock, read } from '../../../hal/luatask/clock.js'

declare const _G: Record<string, unknown>
declare function tostring(this: void, value: unknown): string

let ticks = 0

/** Ticks are added as a module's 32 bits do it, also where Lua's numbers are wider. */
function pass(this: void, count: number): void {
  ticks = ticks + count
  if (ticks > 2147483647) ticks = ticks - 2147483647 - 2147483647 - 2
}

/** Every line: what, and the figure. */
export function report(this: void): string {
  _G.rtos = { tick: () => ticks, reboot: () => {} }
  _G.mcu = { ticks: () => ticks, unique_id: () => 'AB' }
  _G.socket = { adapter: () => true }
  let text = ''
  const say = (what: string, value: unknown): void => { text = text + what + ' ' + tostring(value) + '\n' }
  // LuaTask: 16384 ticks a second, 1.5 s before the wrap.
  ticks = 2147483647 - 16384 - 8192
  const clock = createClock(16384)
  for (let i = 0; i < 6; i = i + 1) {
    pass(8192)
    say('luatask', read(clock))
  }
  // A day in steps of an hour, and odd steps whose parts must not be lost.
  for (let i = 0; i < 24; i = i + 1) {
    pass(16384 * 3600)
    read(clock)
  }
  say('luatask day', read(clock))
  for (let i = 0; i < 1000; i = i + 1) {
    pass(17)
    read(clock)
  }
  say('luatask rest', read(clock))
  // LuatOS: ms, 100 before the wrap.
  const hal = luatos()
  ticks = 2147483647 - 99
  const stamp = hal.timer.ticks()
  for (let i = 0; i < 4; i = i + 1) {
    pass(50)
    say('luatos', hal.timer.since(stamp))
  }
  pass(1073741624)
  say('luatos longest', hal.timer.since(stamp))
  say('id', hal.system.id())
  say('hex', fromHex('00017F80FFaB' as Bytes).length)
  return text
}
