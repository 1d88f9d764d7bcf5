import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '../../firmware/codes.js'
import { LinkCode, type Bytes } from '../../hal/hal.js'
import { createHostHal } from '../../hal/host/index.js'
import { createStorage } from '../../hal/host/storage.js'

const folders: string[] = []
afterEach(() => { for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true }) })

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'yieldmq-storage-'))
  folders.push(made)
  return made
}

const raw = (text: string): Bytes => text as Bytes
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('guard', () => {
  test('reports what a callback throws, and what an async callback is rejected with later', async () => {
    const seen: unknown[] = []
    const { guard } = createHostHal({ onCallbackError: error => seen.push(error) }).system
    expect(guard(() => { throw new Error('now') }, 0, 0, 0)).toBe(ErrorCode.CallbackThrew)
    expect(guard(async () => {
      await turn()
      throw new Error('later')
    }, 0, 0, 0)).toBe(0)
    await turn()
    await turn()
    expect(seen.map(String)).toEqual(['Error: now', 'Error: later'])
  })

  test('an async callback that succeeds is not reported', async () => {
    const seen: unknown[] = []
    const { guard } = createHostHal({ onCallbackError: error => seen.push(error) }).system
    expect(guard(async () => 'fine', 0, 0, 0)).toBe(0)
    await turn()
    expect(seen).toEqual([])
  })
})

describe('storage of the host port', () => {
  test('gives back all byte values, after a new start too, and "" for what is not there', () => {
    const where = folder()
    const all = raw(String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)))
    const storage = createStorage({ folder: where })
    expect(storage.get('journal')).toBe('')
    expect(storage.set('journal', all)).toBe(0)
    expect(storage.set('journal', raw(all + 'x'))).toBe(0)
    expect(createStorage({ folder: where }).get('journal')).toBe(all + 'x')
    expect(storage.remove('journal')).toBe(0)
    expect(storage.remove('journal')).toBe(0)
    expect(storage.get('journal')).toBe('')
  })

  test('keeps keys apart, and inside its folder, whatever characters they have', () => {
    const where = folder()
    const storage = createStorage({ folder: where })
    const keys = ['a', 'A%', 'a/b', '../escape', '..', 'a.b', 'a_b', '\u6e29', '']
    for (const [i, key] of keys.entries()) expect(storage.set(key, raw(`value ${i}`))).toBe(0)
    for (const [i, key] of keys.entries()) expect(storage.get(key)).toBe(`value ${i}`)
    expect(readdirSync(where)).toHaveLength(keys.length)
    expect(readdirSync(path.dirname(where))).not.toContain('escape.value')
  })

  test('refuses a value above its limit and leaves the old one', () => {
    const storage = createStorage({ folder: folder(), sizeLimit: 10 })
    expect(storage.sizeLimit()).toBe(10)
    expect(storage.set('k', raw('0123456789'))).toBe(0)
    expect(storage.set('k', raw('0123456789a'))).toBe(ErrorCode.MessageTooLarge)
    expect(storage.get('k')).toBe('0123456789')
  })

  test('a value half written before a power loss is not seen', () => {
    const where = folder()
    const storage = createStorage({ folder: where })
    storage.set('k', raw('whole'))
    writeFileSync(path.join(where, 'k.value.new'), 'ha')
    expect(createStorage({ folder: where }).get('k')).toBe('whole')
  })

  test('answers a code when the disk refuses', () => {
    const where = folder()
    const storage = createStorage({ folder: where })
    rmSync(where, { recursive: true })
    expect(storage.set('k', raw('v'))).toBe(LinkCode.StorageFailed)
  })

  test('a folder that cannot be made is an error at the start', () => {
    const where = folder()
    const file = path.join(where, 'file')
    writeFileSync(file, '')
    expect(() => createStorage({ folder: path.join(file, 'below') })).toThrow(/ENOTDIR|EEXIST/)
  })
})

describe('the host system', () => {
  test('the id is the same for every start on this machine, and can be given', () => {
    expect(createHostHal().system.id()).toBe(createHostHal().system.id())
    expect(createHostHal({ id: 'bench7' }).system.id()).toBe('bench7')
  })

  test('restart goes to whom the program was given, with the reason', () => {
    const reasons: string[] = []
    createHostHal({ onRestart: reason => reasons.push(reason) }).system.restart('firmware updated')
    expect(reasons).toEqual(['firmware updated'])
  })
})
