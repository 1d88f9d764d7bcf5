/** The trace from requirements to tests: what it reads from the page, from titles and from vitest's results. */
import { describe, expect, it } from 'vitest'
import { idsInTitle, parseRequirements } from '../../tools/trace/requirements.js'
import { byRequirement, parseResults } from '../../tools/trace/results.js'

describe('trace reads docs/requirements.md', () => {
  it('takes the ids of a table, with the page that a row links to', () => {
    const text = [
      '| id | question | what the client does | page |',
      '|---|---|---|---|',
      '| S1-07 | keepalive unit | seconds, see S1-09 | [keepalive](keepalive.md#units) |',
      '| `S0-03.7a` | two minutes | 120 s | - |',
      '| [S0-08b](../README.md) | four slots | read at once | |'
    ].join('\n')
    expect(parseRequirements(text, 'docs')).toEqual([
      { id: 'S1-07', page: 'docs/keepalive.md#units' },
      { id: 'S0-03.7a', page: null },
      { id: 'S0-08b', page: 'README.md' }
    ])
  })

  it('takes the ids of headings, with the first page linked before the next id', () => {
    const text = '## S2-01: own broker\n\nSee [servers](servers.md) and [more](more.md).\n\n### Notes\n[x](x.md)\n\n## S2-02\n\n[spec](https://example.org/a.md)\n'
    expect(parseRequirements(text, 'docs')).toEqual([{ id: 'S2-01', page: 'docs/servers.md' }, { id: 'S2-02', page: null }])
  })

  it('does not take an id that stands inside a sentence', () => {
    expect(parseRequirements('As S1-07 says.\n| see | S1-08 |\n# About S1-09', 'docs')).toEqual([])
  })
})

describe('trace reads titles', () => {
  it.each([
    ['[S2-08] resolves at PUBACK', ['S2-08']],
    ['resolves [S2-08, S1-11] and [S0-03.7b]', ['S2-08', 'S1-11', 'S0-03.7b']],
    ['[S0-12][S4-02] sends the will', ['S0-12', 'S4-02']],
    ['reads [0x30, 0x02] and [S2-8]', []],
    ['S2-08 without brackets', []]
  ])('%s', (title, ids) => {
    expect(idsInTitle(title)).toEqual(ids)
  })

  it('counts the ids of the suites around a test', () => {
    const json = JSON.stringify({ testResults: [{ assertionResults: [
      { ancestorTitles: ['the will [S0-12]', 'after abort()'], title: 'is sent [S4-02]', status: 'passed' },
      { ancestorTitles: ['the will [S0-12]'], title: 'is kept', status: 'failed' }
    ] }] })
    const tests = byRequirement(parseResults(json))
    expect(tests.get('S0-12')?.map((test) => test.passed)).toEqual([true, false])
    expect(tests.get('S4-02')).toEqual([{ title: 'the will [S0-12] after abort() is sent [S4-02]', passed: true }])
  })
})
