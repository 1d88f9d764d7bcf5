/**
 * Clock, guard, text, hashes and system of the host port, for both kinds.
 */
import assert from 'node:assert/strict'
import { ErrorCode } from '../../firmware/codes.js'
import { hex, raw } from './case-steps.js'
import { pause, type Case } from './drive.js'

export const MACHINE_CASES: Case[] = [
  {
    title: 'the clock counts milliseconds over its wrap at 2^31',
    *run(hal) {
      const t0 = hal.timer.ticks()
      assert.ok(t0 > 0 && t0 < 2 ** 31, `the case starts shortly before the wrap, not at ${t0}`)
      let last = 0
      while (last < 250) {
        yield* pause(hal, 10)
        const since = hal.timer.since(t0)
        assert.ok(since >= last + 10, `since went from ${last} to ${since} in 10 ms`)
        last = since
      }
      assert.ok(last < 5_000, `250 ms took ${last} ms`)
      assert.ok(hal.timer.ticks() < 0, 'the clock did not wrap, so nothing was shown')
    }
  },
  {
    title: 'guard gives the number of a callback, 0 for none, and a code for one that throws',
    *run(hal) {
      const guard = hal.system.guard
      assert.equal(guard((a, b, c) => (a as number) + (b as number) + (c as number), 1, 2, 4), 7)
      assert.equal(guard(() => 'text', 0, 0, 0), 0)
      assert.equal(guard(() => undefined, 0, 0, 0), 0)
      assert.equal(guard(() => { throw new Error('meant to be thrown') }, 0, 0, 0), ErrorCode.CallbackThrew)
      assert.equal(guard(async () => { throw new Error('meant to be rejected') }, 0, 0, 0), 0)
    }
  },
  {
    title: 'text becomes UTF-8 and comes back, a BOM included; a lone surrogate becomes ill-formed bytes',
    *run(hal) {
      const { utf8, text } = hal.text
      assert.equal(utf8(''), '')
      assert.equal(utf8('a/b+#'), 'a/b+#')
      assert.equal(utf8('\u00e9'), '\xc3\xa9')
      assert.equal(utf8('\ufeffx'), '\xef\xbb\xbfx')
      assert.equal(utf8('\u6e29\u5ea6'), '\xe6\xb8\xa9\xe5\xba\xa6')
      assert.equal(utf8('\ud83d\ude00'), '\xf0\x9f\x98\x80')
      for (const sample of ['', 'plain', '\u00e9', '\ufeffx', '\u6e29\u5ea6', '\ud83d\ude00', 'a\u0000b', '\uffff']) assert.equal(text(utf8(sample)), sample)
      assert.equal(utf8('a\ud800b'), 'a\xed\xa0\x80b')
      assert.equal(utf8('\udfff\u00e9'), '\xed\xbf\xbf\xc3\xa9')
    }
  },
  {
    title: 'hashes are the known ones, and an unknown name gives nothing',
    *run(hal) {
      const { hash, hmac } = hal.crypto!
      assert.equal(hex(hash('sha256', raw('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
      assert.equal(hex(hash('md5', raw('\xff'))), '00594fd4f42ba43fc1ca0427a0576295')
      // RFC 4231, test case 2.
      assert.equal(hex(hmac('sha256', raw('Jefe'), raw('what do ya want for nothing?'))), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
      assert.equal(hash('crc32', raw('abc')), '')
      assert.equal(hmac('crc32', raw('k'), raw('abc')), '')
    }
  },
  {
    title: 'the system has an id of letters and digits, chance in 0 to 32767, and the time of day',
    *run(hal) {
      const { system } = hal
      assert.match(system.id(), /^[A-Za-z0-9]{4,15}$/)
      assert.equal(system.id(), system.id())
      for (let i = 0; i < 1_000; i++) {
        const n = system.random()
        assert.ok(Number.isInteger(n) && n >= 0 && n <= 32767, String(n))
      }
      assert.ok(system.wallClock() > 1_700_000_000 && Number.isInteger(system.wallClock()))
      assert.equal(system.resetReason(), 'power-on')
      system.feedWatchdog()
    }
  }
]
