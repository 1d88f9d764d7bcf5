/** What the person at the bench does to an emulated modem while it runs: words typed at the command, one a line. */
import type { ModemEmulator, SimState } from '../../hal/sim/modem/index.js'

interface Word {
  /** As it is shown: the word and what may follow it. */
  usage: string
  what: string
  /** What was done, in words; undefined where `argument` is not one of what may follow. */
  run: (modem: ModemEmulator, argument: string) => string | undefined
}

const SILENCE_LIMIT_MS = 3_600_000
const SIM_STATES: Readonly<Record<string, SimState>> = { ready: 'ready', missing: 'missing' }

function alone(done: string, act: (modem: ModemEmulator) => void): Word['run'] {
  return (modem, argument) => {
    if (argument !== '') return undefined
    act(modem)
    return done
  }
}

const WORDS: Readonly<Record<string, Word>> = {
  pdp: { usage: 'pdp', what: 'the network ends the data context', run: alone('the data context is gone', modem => modem.losePdp()) },
  drop: { usage: 'drop', what: 'the network ends every connection', run: alone('every connection is gone', modem => modem.dropLink()) },
  reboot: { usage: 'reboot', what: 'the module restarts by itself', run: alone('it restarts', modem => modem.reboot()) },
  hang: { usage: 'hang', what: 'it answers nothing any more, until reboot', run: alone('it hangs', modem => modem.hang()) },
  silence: {
    usage: 'silence MS', what: 'what it says comes so much later', run: (modem, argument) => {
      const ms = Number(argument)
      if (!/^\d+$/.test(argument) || ms < 1 || ms > SILENCE_LIMIT_MS) return undefined
      modem.silence(ms)
      return `it is silent for ${ms} ms`
    }
  },
  arrears: {
    usage: 'arrears on|off', what: 'the subscription is not paid', run: (modem, argument) => {
      if (argument !== 'on' && argument !== 'off') return undefined
      modem.changeRadio({ arrears: argument === 'on' })
      return argument === 'on' ? 'the subscription is in arrears' : 'the subscription is paid'
    }
  },
  sim: {
    usage: 'sim ready|missing', what: 'the SIM card', run: (modem, argument) => {
      const sim = SIM_STATES[argument]
      if (sim === undefined) return undefined
      modem.changeRadio({ sim })
      return sim === 'ready' ? 'the SIM card is in' : 'the SIM card is out'
    }
  }
}

/** The words and what they do, a line each. */
export function operatorHelp(): string[] {
  const rows = [...Object.values(WORDS).map(({ usage, what }) => [usage, what]), ['quit', 'ends it, as Ctrl-C does'], ['help', 'this list']]
  return rows.map(([usage, what]) => `  ${usage!.padEnd(18)} ${what}`)
}

/** Obeys one line. What to print; undefined when it asked for the end. */
export function obey(modem: ModemEmulator, line: string): string[] | undefined {
  const [name = '', ...rest] = line.trim().split(/\s+/)
  if (name === '') return []
  if (name === 'quit') return undefined
  if (name === 'help') return operatorHelp()
  const word = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined
  if (word === undefined) return [`There is no word "${name}". There are:`, ...operatorHelp()]
  const done = word.run(modem, rest.join(' '))
  return [done ?? `${name} is used as: ${word.usage}`]
}
