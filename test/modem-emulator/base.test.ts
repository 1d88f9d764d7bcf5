import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import { Bench } from './bench.js'

function quiet(options: Omit<ConstructorParameters<typeof Bench>[0], 'family'> = {}): Bench {
  const bench = new Bench({ family: 'air780', ...options })
  bench.command('ATE0')
  return bench
}

describe('commands', () => {
  it('reports errors as CMEE says', () => {
    const bench = quiet({ radio: { sim: 'missing' } })
    bench.command('AT+CMEE=0')
    bench.command('AT+CPIN?', '\r\nERROR\r\n')
    bench.command('AT+CMEE=1')
    bench.command('AT+CPIN?', '\r\n+CME ERROR: 10\r\n')
    bench.command('AT+CMEE=2')
    bench.command('AT+CPIN?', '\r\n+CME ERROR: SIM not inserted\r\n')
    bench.command('AT+NONSENSE', '\r\n+CME ERROR: invalid command line\r\n')
  })

  it('tells the SIM states apart', () => {
    const bench = quiet()
    bench.command('AT+CPIN?', '\r\n+CPIN: READY\r\n\r\nOK\r\n')
    for (const [sim, answer] of [['pin', '+CPIN: SIM PIN'], ['puk', '+CPIN: SIM PUK'], ['busy', '+CME ERROR: 14'], ['failure', '+CME ERROR: 13']] as const) {
      bench.modem.radio.sim = sim
      bench.command('AT+CPIN?', `\r\n${answer}\r\n`)
    }
  })

  it('reports registration when asked to, without the n that a query has', () => {
    const bench = quiet()
    bench.command('AT+CEREG=3')
    bench.command('AT+CEREG?', '\r\n+CEREG: 3,1,"5A1E","0B45C02F",7\r\n\r\nOK\r\n')
    bench.modem.changeRadio({ registration: 3, rejectCause: 7 })
    expect(bench.within(10)).toBe('\r\n+CEREG: 3,,,,0,7\r\n')
    bench.modem.changeRadio({ registration: 1 })
    expect(bench.within(10)).toBe('\r\n+CEREG: 1\r\n')
  })

  it('shows the automatic context of an Air780 in CGDCONT', () => {
    const bench = quiet()
    bench.command('AT+CGDCONT?', '\r\n+CGDCONT: 1,"IP","cmnet","10.64.12.34",0,0\r\n')
    bench.modem.radio.attached = false
    bench.command('AT+CGDCONT?', '\r\n+CGDCONT: 1,"IP","","",0,0\r\n')
  })

  it('searches again after CFUN=0 and CFUN=1', () => {
    const bench = quiet()
    bench.command('AT+CFUN=0')
    bench.command('AT+CREG?', '+CREG: 0,0\r\n')
    bench.command('AT+CFUN=1')
    bench.command('AT+CREG?', '+CREG: 0,2\r\n')
    bench.run(4000)
    bench.command('AT+CREG?', '+CREG: 0,1\r\n')
  })

  it('reports what it finds after a search', () => {
    const bench = quiet()
    bench.command('AT+CEREG=1')
    expect(bench.command('AT+CFUN=4', '+CEREG: 0\r\n')).toContain('\r\nOK\r\n')
    expect(bench.command('AT+CFUN=1', '+CEREG: 2\r\n')).toContain('\r\nOK\r\n')
    expect(bench.within(4000)).toBe('\r\n+CEREG: 1\r\n')
  })

  it('gives up a connect that hangs, after its time', () => {
    for (const [family, open, line, ms] of [['air724', 'AT+CIPSTART="TCP","gone.test",1', 'CONNECT FAIL\r\n', 75000], ['ec2x', 'AT+QIACT=1;+QIOPEN=1,0,"TCP","gone.test",1,0,0', '+QIOPEN: 0,570\r\n', 150000]] as const) {
      const bench = new Bench({ family })
      bench.sim.network.name('gone.test', 'hang')
      bench.type(`${open}\r\n`)
      bench.run(ms - 1000)
      expect(bench.output).not.toContain(line)
      bench.expect(line)
    }
  })

  it('runs commands joined by ; with one OK, and stops at the first that fails', () => {
    const bench = quiet()
    expect(bench.command('AT+CMEE=1;+CMEE?')).toBe('\r\n+CMEE: 1\r\n\r\nOK\r\n')
    expect(bench.command('AT+NOPE;+CMEE?', '58\r\n')).toBe('\r\n+CME ERROR: 58\r\n')
    expect(bench.within(500)).toBe('')
  })

  it('keeps what comes while a command runs, or loses it, by the quirk', () => {
    const bench = quiet()
    bench.type('AT+CSTT\r\nAT+CIICR\r\nAT+CIFSR\r\n')
    bench.run(3000)
    expect(bench.output).toBe('\r\nOK\r\n\r\nOK\r\n\r\n10.64.12.34\r\n')
    const lossy = quiet({ quirks: { whileBusy: 'drop' } })
    lossy.output = ''
    lossy.type('AT\r\nAT+CSQ\r\n')
    expect(lossy.within(1000)).toBe('\r\nOK\r\n')
  })

  it('refuses a line that is too long, and ignores one without AT', () => {
    const bench = quiet()
    bench.command(`AT+X="${'x'.repeat(5000)}"`, '\r\nERROR\r\n')
    bench.output = ''
    bench.type('noise\r\n')
    expect(bench.within(500)).toBe('')
    bench.command('xxAT')
  })

  it('takes tables of commands of others, with prompts, later lines and state in RAM', () => {
    const bench = quiet({ tables: [[{ name: '+MINE', run: (modem, call) => {
      const seen = modem.slot('mine', () => ({ count: 0 }))
      seen.count += 1
      call.prompt({ length: 3, done: (bytes) => {
        call.info(`+MINE: ${seen.count},${bytes}`)
        call.ok()
        modem.later(1000, 'MINE DONE')
      } })
    } }]] })
    bench.give('AT+MINE', 'a\r\n', '\r\n+MINE: 1,a\r\n\r\n\r\nOK\r\n')
    bench.expect('\r\nMINE DONE\r\n')
    bench.modem.reboot()
    bench.expect('RDY')
    bench.command('ATE0')
    bench.give('AT+MINE', 'abc', '\r\n+MINE: 1,abc\r\n')
    bench.modem.reboot()
    expect(bench.within(9000)).not.toContain('MINE DONE')
  })

  it('never calls back from within input', () => {
    const bench = new Bench({ family: 'air780' })
    let inside = false
    bench.modem.onOutput = () => {
      expect(inside).toBe(false)
    }
    inside = true
    bench.modem.input('AT\r\n' as Bytes)
    inside = false
    bench.run(100)
  })

  it('says the same with the same seed, and not with another', () => {
    const play = (seed: number): string => {
      const bench = new Bench({ family: 'air724', seed, faults: { chunks: 'random', unsolicited: 0.3, loseOut: 0.01, doubledLineEnd: 0.2 } })
      for (let i = 0; i < 20; i++) {
        bench.type('AT+CSQ\r\n')
        bench.run(100)
      }
      return JSON.stringify(bench.modem.transcript)
    }
    expect(play(7)).toBe(play(7))
    expect(play(7)).not.toBe(play(8))
  })
})
