/** The checks of the repository as a whole. The words that they look for are put together here, so that this file passes them. */
import { describe, expect, it } from 'vitest'
import { problemsOf } from '../../tools/lint/repository.js'

describe('the repository checks', () => {
  it('refuse a source file of more than 400 lines', () => {
    expect(problemsOf('firmware/long.ts', 'x\n'.repeat(400))).toEqual([])
    expect(problemsOf('firmware/long.ts', 'x\n'.repeat(401))).toHaveLength(1)
    expect(problemsOf('docs/long.md', 'x\n'.repeat(401))).toEqual([])
  })

  it.each([
    ['a folder of the machine', 'see /' + 'work/main'],
    ['a folder outside the project', 'see ../' + 'shared/design.md'],
    ['a registry host', 'https://registry.' + 'npmjs.org/x']
  ])('refuse the mention of %s', (_what, line) => {
    expect(problemsOf('README.md', `first\n${line}\n`)).toEqual([expect.stringMatching(/^README\.md:2: mentions/)])
  })

  it('accept a relative path and words that only look like one', () => {
    expect(problemsOf('README.md', 'the network/' + 'work/queue and ../sharedness\n')).toEqual([])
  })

  it.each([['it', 'skip'], ['describe', 'only'], ['test', 'todo']])('refuse %s.%s in a suite', (call, way) => {
    expect(problemsOf('test/a.test.ts', `${call}.${way}('x')\n`)).toHaveLength(1)
  })
})
