/**
 * Waiting in a task of the modules' scheduler: something that happens wakes every task that waits in the port, and each looks for
 * itself. What happens while nobody waits is kept for the next wait.
 */
import { ErrorCode } from '../../firmware/codes.js'
import type { Code } from '../hal.js'
import type { LuaMath, Several } from './lua.js'

declare const coroutine: { running(this: void): Several<[unknown, boolean | undefined]> }
declare const math: LuaMath
declare const sys: {
  waitUntil(this: void, id: string, ms: number): unknown
  publish(this: void, id: string): void
}

const enum Message { Id = 'YIELDMQ' }

const enum Limit {
  /** ms that the schedulers can wait at least; 0 would be for ever, or an assertion. */
  Shortest = 5,
  /** ms: the clocks of the modules must be read before they wrap. */
  Longest = 3600000
}

let happened = false
let waiting = 0

/** Something happened that a task may wait for. */
export function wakeTasks(this: void): void {
  happened = true
  if (waiting > 0) sys.publish(Message.Id)
}

/** `timer.wait` of a port. Outside of a task, as in a timer's function, nothing can wait: `Reentrant`, so that `yield` ends and does not spin. */
export function waitInTask(this: void, ms: number): Code {
  const [task, isMain] = coroutine.running()
  if (ms > 0 && (task === undefined || isMain === true)) return ErrorCode.Reentrant
  if (happened || ms <= 0) {
    happened = false
    return 0
  }
  const most = ms > Limit.Longest ? Limit.Longest : ms
  waiting = waiting + 1
  sys.waitUntil(Message.Id, most < Limit.Shortest ? Limit.Shortest : math.floor(most))
  waiting = waiting - 1
  happened = false
  return 0
}
