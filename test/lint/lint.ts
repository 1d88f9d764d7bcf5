/** Lints a piece of code with one rule of the dialect, types included. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Linter } from 'eslint'
import tseslint from 'typescript-eslint'
import { describe, expect, it } from 'vitest'
import { plugin, type rules } from '../../tools/lint/index.js'

const fixtures = path.join(import.meta.dirname, 'fixtures')
const linter = new Linter({ cwd: fixtures })

export type RuleName = keyof typeof rules

/** What the rule says about `code`, as if it stood in fixtures/`file`. A syntax or type-service error is thrown. */
export function complaints(rule: RuleName, code: string, option?: object, file = 'case.ts'): string[] {
  const messages = linter.verify(code, [{
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser as Linter.Parser, parserOptions: { projectService: true, tsconfigRootDir: fixtures } },
    plugins: { dialect: plugin as never },
    rules: { [`dialect/${rule}`]: option === undefined ? 'error' : ['error', option] }
  }], { filename: path.join(fixtures, file) })
  const fatal = messages.find((message) => message.fatal === true)
  if (fatal !== undefined) throw new Error(`${fatal.message} in:\n${code}`)
  return messages.map((message) => message.message)
}

/** What the rule says about a fixture file as it is. */
export function complaintsAbout(rule: RuleName, file: string): string[] {
  return complaints(rule, readFileSync(path.join(fixtures, file), 'utf8'), undefined, file)
}

/** Code for `accepts` and `refuses`, by a sentence about it; with a list, how many complaints each piece must get. */
export interface Cases {
  option?: object
  accepts: Record<string, string>
  refuses: Record<string, string | [code: string, complaints: number]>
}

/** One suite for one rule. */
export function suite(rule: RuleName, { option, accepts, refuses }: Cases): void {
  describe(`dialect/${rule}`, () => {
    for (const [sentence, code] of Object.entries(accepts)) {
      it(`accepts ${sentence}`, () => {
        expect(complaints(rule, code, option)).toEqual([])
      })
    }
    for (const [sentence, given] of Object.entries(refuses)) {
      const [code, count] = typeof given === 'string' ? [given, 1] : given
      it(`refuses ${sentence}`, () => {
        expect(complaints(rule, code, option)).toHaveLength(count)
      })
    }
  })
}
