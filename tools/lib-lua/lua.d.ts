/**
 * What an application for a module or a router finds beside the client: the part of Lua and of the platforms that applications
 * use most. What is missing here, a program declares for itself, as in `declare const adc: any`. Several results of one function
 * come as a LuaMultiReturn: `const [ok, data] = sys.waitUntil("IP_READY", 30000)`.
 */

declare type LuaMultiReturn<T extends any[]> = T & { readonly __tstlMultiReturn: any }

declare function print(this: void, ...what: unknown[]): void
declare function tostring(this: void, value: unknown): string
declare function tonumber(this: void, text: unknown, base?: number): number | undefined
declare function collectgarbage(this: void, what?: string, value?: number): number
/** A module of the platform or of the project. */
declare function require(this: void, name: string): any

declare const string: {
  format(this: void, form: string, ...values: unknown[]): string
  rep(this: void, text: string, count: number): string
  sub(this: void, text: string, from: number, to?: number): string
  byte(this: void, text: string, at?: number): number | undefined
  find(this: void, text: string, pattern: string, from?: number, plain?: boolean): LuaMultiReturn<[number | undefined, number | undefined]>
  match(this: void, text: string, pattern: string): string | undefined
  lower(this: void, text: string): string
  upper(this: void, text: string): string
}

declare const os: {
  time(this: void): number
  date(this: void, form?: string): string
  getenv(this: void, name: string): string | undefined
  exit(this: void, status?: number): void
}

/** The scheduler of LuatOS and LuaTask. */
declare const sys: {
  taskInit(this: void, fn: (this: void, ...values: any[]) => void, ...values: unknown[]): unknown
  wait(this: void, ms: number): void
  waitUntil(this: void, id: string, ms?: number): LuaMultiReturn<[boolean, ...any[]]>
  publish(this: void, id: string, ...values: unknown[]): void
  subscribe(this: void, id: string, fn: (this: void, ...values: any[]) => void): void
  unsubscribe(this: void, id: string, fn: (this: void, ...values: any[]) => void): void
  timerStart(this: void, fn: (this: void, ...values: any[]) => void, ms: number, ...values: unknown[]): number | undefined
  timerLoopStart(this: void, fn: (this: void, ...values: any[]) => void, ms: number, ...values: unknown[]): number | undefined
  timerStop(this: void, id: number): void
}
declare const log: {
  info(this: void, tag: string, ...what: unknown[]): void
  warn(this: void, tag: string, ...what: unknown[]): void
  error(this: void, tag: string, ...what: unknown[]): void
  debug(this: void, tag: string, ...what: unknown[]): void
}
/** LuatOS. */
declare const mobile: { imei(this: void): string, csq(this: void): number, [name: string]: any }
declare const pm: { [name: string]: any }
declare const gpio: { [name: string]: any }
declare const adc: { [name: string]: any }
declare const rtos: { [name: string]: any }
/** LuaTask. */
declare const misc: { getImei(this: void): string, getVbatt(this: void): number, [name: string]: any }
declare const net: { [name: string]: any }
