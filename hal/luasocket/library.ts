/** LuaSocket and LuaSec, as far as this port calls them. */
import type { Bytes } from '../hal.js'
import type { Several } from '../lua/lua.js'

export interface LuaTcp {
  settimeout(seconds: number): void
  setoption(name: string, value: boolean): unknown
  connect(address: string, port: number): Several<[number | undefined, string | undefined]>
  getpeername(): string | undefined
  receive(max: number): Several<[Bytes | undefined, string | undefined, Bytes | undefined]>
  send(bytes: Bytes, from: number): Several<[number | undefined, string | undefined, number | undefined]>
  close(): void
  /** LuaSec's alone. */
  dohandshake(): Several<[boolean | undefined, string | undefined]>
  sni(name: string): void
  dirty(): boolean
  getpeercertificate(): Certificate | undefined
}

export interface Certificate {
  extensions(): Record<string, { dNSName?: string[]; iPAddress?: string[] } | undefined>
  subject(): { name: string; value: string }[]
}

export interface LuaSocketLibrary {
  gettime(this: void): number
  tcp(this: void): LuaTcp | undefined
  sleep(this: void, seconds: number): void
  select(this: void, receive: LuaTcp[], send: LuaTcp[], seconds: number): Several<[LuaTcp[], LuaTcp[], string | undefined]>
  dns: {
    getaddrinfo?: (this: void, host: string) => { family: string; addr: string }[] | undefined
    toip(this: void, host: string): string | undefined
  }
}

export interface LuaSecLibrary {
  wrap(this: void, socket: LuaTcp, parameters: Record<string, unknown>): Several<[LuaTcp | undefined, string | undefined]>
}
