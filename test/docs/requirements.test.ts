import { describe, expect, it } from 'vitest'
import { readText, tableRows } from './sources.js'

const rows = tableRows(readText('docs/requirements.md')).filter(([id]) => /^S\d-\d\d/.test(id))

describe('docs/requirements.md', () => {
  it('has each of the 102 ids exactly once', () => {
    const ids = rows.map(([id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const perCollection = ['S0', 'S1', 'S2', 'S3', 'S4'].map((collection) => ids.filter((id) => id.startsWith(`${collection}-`)).length)
    expect(perCollection).toEqual([35, 26, 26, 6, 9])
  })

  it('leaves no question of the five collections out', () => {
    const questions = { S0: 21, S1: 26, S2: 26, S3: 6, S4: 9 }
    const missing: string[] = []
    for (const [collection, count] of Object.entries(questions)) {
      for (let question = 1; question <= count; question++) {
        const id = `${collection}-${String(question).padStart(2, '0')}`
        if (!rows.some(([other]) => other.replace(/(?<=\d\d)[.a-z].*$/, '') === id)) missing.push(id)
      }
    }
    expect(missing).toEqual([])
  })

  it.each(rows)('%s has a question, an answer, a page and a state', (_id, question, answer, page, state, ...more) => {
    expect(more).toEqual([])
    expect(question).toMatch(/\w/)
    expect(answer).toMatch(/\.$/)
    expect(page).toMatch(/^(-|\[[^\]]+\]\([^)]+\))$/)
    expect(state).toMatch(/^(built|partly|planned)$/)
  })

  it.each(rows.filter(([, , , , state]) => state !== 'planned'))('%s, which is not planned only, has a page', (_id, _question, _answer, page) => {
    expect(page).not.toBe('-')
  })
})
