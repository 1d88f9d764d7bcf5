import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../hal/hal.js'
import type { FamilyName } from '../../hal/sim/modem/index.js'
import { Bench, HOST, PORT } from './bench.js'

function pulse(bench: Bench, name: string, ms: number): void {
  bench.modem.pins().pulse(name, ms)
  bench.run(ms)
}

describe('power', () => {
  it.each<[FamilyName, number, number]>([
    ['air724', 1200, 1500], ['air780', 1000, 1500], ['sim800', 1000, 1500], ['sim7600', 100, 2500], ['a7670', 50, 2500], ['ec2x', 500, 650], ['bg9x', 500, 650]
  ])('%s: the key switches on after %d ms and off after %d ms', (family, on, off) => {
    const bench = new Bench({ family, start: 'off' })
    pulse(bench, 'powerKey', on - 1)
    bench.run(20000)
    expect(bench.modem.powerState).toBe('off')
    pulse(bench, 'powerKey', on)
    bench.expect('RDY\r\n')
    bench.run(10000)
    pulse(bench, 'powerKey', off - 1)
    bench.run(10000)
    expect(bench.modem.powerState).toBe('on')
    pulse(bench, 'powerKey', off + 10)
    bench.expect('DOWN\r\n')
    bench.run(10000)
    expect(bench.modem.powerState).toBe('off')
    expect(bench.modem.edges.filter((edge) => edge.name === 'powerKey')).toHaveLength(8)
  })

  it('SIM800 comes back when its key is held for more than 33 s', () => {
    const bench = new Bench({ family: 'sim800' })
    pulse(bench, 'powerKey', 30000)
    expect(bench.modem.powerState).toBe('off')
    bench.modem.reboot()
    bench.run(10000)
    pulse(bench, 'powerKey', 34000)
    bench.run(10000)
    expect(bench.modem.powerState).toBe('on')
  })

  it('Air724 restarts at its reset pin; Air780 goes off, and wants its key', () => {
    const air724 = new Bench({ family: 'air724' })
    pulse(air724, 'reset', 149)
    expect(air724.modem.powerState).toBe('on')
    pulse(air724, 'reset', 150)
    air724.expect('RDY\r\n')
    const air780 = new Bench({ family: 'air780' })
    pulse(air780, 'reset', 500)
    air780.run(20000)
    expect(air780.modem.powerState).toBe('off')
    pulse(air780, 'powerKey', 1000)
    air780.expect('RDY\r\n')
  })

  it('is off after a cut of the supply until its key is pressed, unless the key is strapped', () => {
    const bench = new Bench({ family: 'air724' })
    pulse(bench, 'power', 2000)
    bench.run(20000)
    expect(bench.modem.powerState).toBe('off')
    const strapped = new Bench({ family: 'air724', keyStrapped: true })
    pulse(strapped, 'power', 100)
    expect(strapped.modem.powerState).toBe('on')
    pulse(strapped, 'power', 2000)
    strapped.expect('RDY\r\n')
    strapped.command('AT+CPOWD=1')
    strapped.expect('RDY\r\n')
  })

  it('hangs until reset', () => {
    const bench = new Bench({ family: 'air724' })
    bench.modem.hang()
    bench.type('AT\r\n')
    expect(bench.within(60000)).toBe('')
    pulse(bench, 'reset', 200)
    bench.expect('RDY\r\n')
    bench.command('AT')
  })

  it('forgets its settings and its links in a reboot, but not its files', () => {
    const bench = new Bench({ family: 'air724' })
    bench.command('ATE0')
    bench.command('AT+CIPRXGET=1;+FSCREATE="a"')
    bench.command(`AT+CIPSTART="TCP","${HOST}",${PORT}`, 'CONNECT OK\r\n')
    bench.command('AT+RESET')
    bench.expect('RDY\r\n')
    expect(bench.connection!.closedByClient).toBe(true)
    expect(bench.command('AT+CIPRXGET?')).toBe('AT+CIPRXGET?\r\r\n+CIPRXGET: 0\r\n\r\nOK\r\n')
    bench.command('AT+CIPSTATUS', 'STATE: IP INITIAL\r\n')
    bench.command('AT+FSLS', '\r\na\r\n')
  })

  it('keeps speed and echo with AT&W', () => {
    const bench = new Bench({ family: 'air724' })
    bench.command('ATE0')
    bench.command('AT+IPR=9600;&W')
    bench.run(100)
    bench.modem.reboot()
    bench.expect('RDY\r\n')
    expect(bench.command('AT')).toBe('\r\nOK\r\n')
    expect(bench.modem.modem.baud).toBe(9600)
  })

  it('says nothing while it boots, and its lines afterwards', () => {
    const bench = new Bench({ family: 'air724', start: 'off' })
    pulse(bench, 'powerKey', 1500)
    bench.type('AT\r\n')
    expect(bench.within(3000)).toBe('')
    bench.run(10000)
    expect(bench.output).toContain('\r\nRDY\r\n\r\n+CPIN: READY\r\n')
    expect(bench.output).toContain('^MODE: 17,17')
  })
})

describe('the serial end', () => {
  function joined(baud: number, options: Partial<ConstructorParameters<typeof Bench>[0]> = {}) {
    const bench = new Bench({ family: 'air724', ...options })
    const serial = bench.modem.serial()
    let calls = 0
    serial.open(baud, () => {
      calls += 1
    })
    return { bench, serial, calls: () => calls }
  }

  it('loses what does not fit, and says so', () => {
    const { bench, serial } = joined(115200, { uartBuffer: 16 })
    expect(serial.write('AT+CSQ\r\n' as Bytes)).toBe(8)
    bench.run(100)
    expect(serial.read(1000)).toHaveLength(16)
    expect(serial.overruns()).toBeGreaterThan(0)
    expect(bench.modem.uartLost).toBeGreaterThan(0)
  })

  it('takes the time of the line where pacing is on', () => {
    const { bench, serial } = joined(9600, { pacing: true, baud: 9600, echo: false })
    serial.write('AT+CGSN\r\n' as Bytes)
    // 9 bytes at 9600 bit/s are 9.4 ms, then 5 to 20 ms, then 25 bytes and 26 ms.
    bench.run(35)
    expect(serial.read(1000).length).toBeLessThan(25)
    bench.run(35)
    expect(bench.output).toBe('\r\n867959033012345\r\n\r\nOK\r\n')
  })

  it('hears noise at another speed, and is not heard', () => {
    const { bench, serial } = joined(9600)
    serial.write('AT\r\n' as Bytes)
    bench.run(100)
    expect(serial.read(100)).toBe('')
    expect(bench.modem.modem.unheard).toBe(4)
    bench.modem.reboot()
    bench.run(8000)
    expect(serial.read(100)).not.toContain('RDY')
    expect(serial.overruns()).toBeGreaterThan(0)
  })

  it('finds the speed from AT where it is automatic, and then says what it held back', () => {
    const { bench, serial } = joined(57600, { baud: 0, start: 'off' })
    bench.modem.pins().pulse('powerKey', 1500)
    bench.run(9000)
    expect(bench.output).toBe('')
    serial.write('at\r\n' as Bytes)
    bench.run(100)
    expect(bench.output).toBe('')
    serial.write('AT\r\n' as Bytes)
    bench.run(100)
    expect(serial.read(1000)).toContain('RDY\r\n')
    expect(bench.modem.modem.baud).toBe(57600)
  })

  it('has no power key on an ESP', () => {
    const pins = new Bench({ family: 'esp' }).modem.pins()
    expect(pins.has('powerKey')).toBe(false)
    expect(pins.pulse('powerKey', 10)).toBeLessThan(0)
    expect(pins.has('reset')).toBe(true)
  })
})
