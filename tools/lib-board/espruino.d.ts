/**
 * What an application finds on an Espruino board beside JavaScript itself: the part of its reference that applications use
 * most. Modules of the firmware come through `require`. What is missing here, a program declares for itself, as in
 * `declare const Puck: any`.
 */

interface Pin {
  read(): boolean
  write(value: boolean | number): void
  set(): void
  reset(): void
  toggle(): boolean
  mode(mode?: string): void
  getMode(): string
  pulse(value: boolean | number, milliseconds: number | number[]): void
}

interface Serial {
  setup(baud: number, options?: { rx?: Pin, tx?: Pin, ck?: Pin, cts?: Pin, bytesize?: number, parity?: null | 'none' | 'even' | 'odd', stopbits?: number, flow?: null | 'none' | 'xon', path?: string }): void
  write(...data: unknown[]): void
  print(text: string): void
  println(text: string): void
  read(bytes?: number): string
  available(): number
  on(event: 'data', fn: (data: string) => void): void
  on(event: string, fn: (...args: any[]) => void): void
  removeAllListeners(event?: string): void
  setConsole(force?: boolean): void
  unsetup(): void
}

/** A module of the firmware or of the board's Storage. */
declare function require(name: string): any
declare const exports: any
declare const module: { exports: any }

declare const E: {
  on(event: 'init' | 'kill', fn: () => void): void
  on(event: string, fn: (...args: any[]) => void): void
  enableWatchdog(seconds: number, isAuto?: boolean): void
  kickWatchdog(): void
  getErrorFlags(): string[]
  getTemperature(): number
  getAnalogVRef(): number
  getBattery(): number
  setTimeZone(hours: number): void
  hwRand(): number
  reboot(): void
  toString(...data: unknown[]): string
  toUint8Array(...data: unknown[]): Uint8Array
  [name: string]: any
}
declare const ESP8266: { [name: string]: any }
declare const ESP32: { [name: string]: any }
declare const process: { version: string, env: { [name: string]: any }, memory(): { free: number, usage: number, total: number, history: number, blocksize: number, [name: string]: any } }
declare const Modules: { addCached(name: string, code: string | (() => void)): void, removeCached(name: string): void, removeAllCached(): void, getCached(): string[] }
declare const global: { [name: string]: any }
declare const console: { log(...what: unknown[]): void, debug(...what: unknown[]): void, info(...what: unknown[]): void, warn(...what: unknown[]): void, error(...what: unknown[]): void }

declare function print(...what: unknown[]): void
declare function dump(): void
declare function load(file?: string): void
declare function save(): void
declare function reset(clearFlash?: boolean): void
declare function getTime(): number
declare function setTime(seconds: number): void
declare function getSerial(): string
declare function setTimeout(fn: (...args: any[]) => void, ms?: number, ...args: unknown[]): number
declare function setInterval(fn: (...args: any[]) => void, ms?: number, ...args: unknown[]): number
declare function clearTimeout(id?: number): void
declare function clearInterval(id?: number): void
declare function changeInterval(id: number, ms: number): void
declare function setWatch(fn: (event: { state: boolean, time: number, lastTime: number, pin: Pin }) => void, pin: Pin, options?: { repeat?: boolean, edge?: 'rising' | 'falling' | 'both' | 0 | 1, debounce?: number, irq?: boolean, data?: Pin, hispeed?: boolean }): number
declare function clearWatch(id?: number): void
declare function setDeepSleep(sleep: boolean): void
declare function setSleepIndicator(pin: Pin): void
declare function analogRead(pin: Pin): number
declare function analogWrite(pin: Pin, value: number, options?: { freq?: number, soft?: boolean, forceSoft?: boolean }): void
declare function digitalRead(pin: Pin | Pin[]): number
declare function digitalWrite(pin: Pin | Pin[], value: boolean | number): void
declare function digitalPulse(pin: Pin, value: boolean | number, milliseconds: number | number[]): void
declare function pinMode(pin: Pin, mode?: string, automatic?: boolean): void
declare function getPinMode(pin: Pin): string
declare function shiftOut(pins: Pin | Pin[], options: { clk?: Pin, clkPol?: boolean, repeat?: number }, data: unknown): void
declare function peek8(address: number): number
declare function peek32(address: number): number
declare function btoa(bytes: string): string
declare function atob(text: string): string

interface SPI { setup(options: { sck?: Pin, miso?: Pin, mosi?: Pin, baud?: number, mode?: number, order?: 'msb' | 'lsb' }): void, send(data: any, cs?: Pin): any, write(...data: unknown[]): void }
interface I2C { setup(options: { scl?: Pin, sda?: Pin, bitrate?: number }): void, writeTo(address: number | { address: number, stop?: boolean }, ...data: unknown[]): void, readFrom(address: number | { address: number, stop?: boolean }, bytes: number): Uint8Array, readReg(address: number, register: number, bytes: number): Uint8Array }
interface OneWire { search(command?: number): string[], reset(): boolean, select(device: string): void, skip(): void, write(data: unknown, power?: boolean): void, read(bytes?: number): any }
declare const OneWire: { new (pin: Pin): OneWire }
declare const SPI: { new (): SPI, find(pin: Pin): SPI | undefined }
declare const I2C: { new (): I2C, find(pin: Pin): I2C | undefined }
declare const SPI1: SPI, SPI2: SPI, SPI3: SPI, I2C1: I2C, I2C2: I2C, I2C3: I2C
declare const USB: Serial, Telnet: Serial, Bluetooth: Serial, LoopbackA: Serial, LoopbackB: Serial
declare const Serial1: Serial, Serial2: Serial, Serial3: Serial, Serial4: Serial, Serial5: Serial, Serial6: Serial

declare const D0: Pin, D1: Pin, D2: Pin, D3: Pin, D4: Pin, D5: Pin, D6: Pin, D7: Pin
declare const D8: Pin, D9: Pin, D10: Pin, D11: Pin, D12: Pin, D13: Pin, D14: Pin, D15: Pin
declare const D16: Pin, D17: Pin, D18: Pin, D19: Pin, D20: Pin, D21: Pin, D22: Pin, D23: Pin
declare const D24: Pin, D25: Pin, D26: Pin, D27: Pin, D28: Pin, D29: Pin, D30: Pin, D31: Pin
declare const D32: Pin, D33: Pin, D34: Pin, D35: Pin, D36: Pin, D37: Pin, D38: Pin, D39: Pin
declare const A0: Pin, A1: Pin, A2: Pin, A3: Pin, A4: Pin, A5: Pin, A6: Pin, A7: Pin
declare const A8: Pin, A9: Pin, A10: Pin, A11: Pin, A12: Pin, A13: Pin, A14: Pin, A15: Pin
declare const B0: Pin, B1: Pin, B2: Pin, B3: Pin, B4: Pin, B5: Pin, B6: Pin, B7: Pin
declare const B8: Pin, B9: Pin, B10: Pin, B11: Pin, B12: Pin, B13: Pin, B14: Pin, B15: Pin
declare const C0: Pin, C1: Pin, C2: Pin, C3: Pin, C4: Pin, C5: Pin, C6: Pin, C7: Pin
declare const C8: Pin, C9: Pin, C10: Pin, C11: Pin, C12: Pin, C13: Pin, C14: Pin, C15: Pin
declare const LED: Pin, LED1: Pin, LED2: Pin, LED3: Pin
declare const BTN: Pin, BTN1: Pin, BTN2: Pin, BTN3: Pin
