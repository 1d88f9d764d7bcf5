/**
 * The dialect's rules as an ESLint plugin, `dialect/...`. eslint.config.js says which folders each one watches.
 * The names are those of the files in rules/.
 */
import type { TSESLint } from '@typescript-eslint/utils'
import { toEslint, type Rule } from './rule.js'
import { asciiSource } from './rules/ascii-source.js'
import { bytesIntrinsics } from './rules/bytes-intrinsics.js'
import { constEnum } from './rules/const-enum.js'
import { declareBeforeUse } from './rules/declare-before-use.js'
import { functionLimits } from './rules/function-limits.js'
import { noBitOperators } from './rules/no-bit-operators.js'
import { noBuiltinAlias } from './rules/no-builtin-alias.js'
import { noBytesPlus } from './rules/no-bytes-plus.js'
import { noClasses } from './rules/no-classes.js'
import { noClosureObjects } from './rules/no-closure-objects.js'
import { noExceptions } from './rules/no-exceptions.js'
import { noHotSwitch } from './rules/no-hot-switch.js'
import { noImportCycle } from './rules/no-import-cycle.js'
import { noInnerAssignments } from './rules/no-inner-assignments.js'
import { noLoopClosures } from './rules/no-loop-closures.js'
import { noMethodValues } from './rules/no-method-values.js'
import { noMissingBuiltins } from './rules/no-missing-builtins.js'
import { noMixedReturn } from './rules/no-mixed-return.js'
import { noQuotientText } from './rules/no-quotient-text.js'
import { noThisVoidClass } from './rules/no-this-void-class.js'
import { noTickArithmetic } from './rules/no-tick-arithmetic.js'
import { noUnparsedSyntax } from './rules/no-unparsed-syntax.js'
import { noValueOperators } from './rules/no-value-operators.js'
import { optionalParameters } from './rules/optional-parameters.js'
import { plainArrays } from './rules/plain-arrays.js'
import { portableImports } from './rules/portable-imports.js'
import { smallIntegers } from './rules/small-integers.js'
import { strictBoolean } from './rules/strict-boolean.js'
import { thisVoid } from './rules/this-void.js'

/** Every rule by its name. */
export const rules = {
  'ascii-source': toEslint(asciiSource),
  'bytes-intrinsics': toEslint(bytesIntrinsics),
  'const-enum': toEslint(constEnum),
  'declare-before-use': toEslint(declareBeforeUse),
  'function-limits': toEslint(functionLimits),
  'no-bit-operators': toEslint(noBitOperators),
  'no-builtin-alias': toEslint(noBuiltinAlias),
  'no-bytes-plus': toEslint(noBytesPlus),
  'no-classes': toEslint(noClasses),
  'no-closure-objects': toEslint(noClosureObjects),
  'no-exceptions': toEslint(noExceptions),
  'no-hot-switch': toEslint(noHotSwitch),
  'no-import-cycle': toEslint(noImportCycle),
  'no-inner-assignments': toEslint(noInnerAssignments),
  'no-loop-closures': toEslint(noLoopClosures),
  'no-method-values': toEslint(noMethodValues),
  'no-missing-builtins': toEslint(noMissingBuiltins),
  'no-mixed-return': toEslint(noMixedReturn),
  'no-quotient-text': toEslint(noQuotientText),
  'no-this-void-class': toEslint(noThisVoidClass),
  'no-tick-arithmetic': toEslint(noTickArithmetic),
  'no-unparsed-syntax': toEslint(noUnparsedSyntax),
  'no-value-operators': toEslint(noValueOperators),
  'optional-parameters': toEslint(optionalParameters),
  'plain-arrays': toEslint(plainArrays),
  'portable-imports': toEslint(portableImports),
  'small-integers': toEslint(smallIntegers),
  'strict-boolean': toEslint(strictBoolean),
  'this-void': toEslint(thisVoid)
} satisfies Record<string, TSESLint.LooseRuleDefinition>

export type { Rule }

export const plugin = { meta: { name: 'dialect' }, rules }
