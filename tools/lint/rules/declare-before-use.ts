import type { TSESLint } from '@typescript-eslint/utils'
import type { Rule } from '../rule.js'

/** Row "declare before use": functions too. Espruino does not hoist, and a Lua local is nil before its statement. */
export const declareBeforeUse: Rule = {
  row: 'declare before use',
  why: 'Espruino does not hoist: a use before the declaration is a ReferenceError there',
  option: undefined,
  create({ report, source }) {
    return {
      'Program:exit'() {
        for (const scope of source.scopeManager?.scopes ?? []) {
          for (const reference of scope.references) {
            const definition = reference.resolved?.defs[0]
            if (definition === undefined || !reference.isValueReference) continue
            // Parameters and imports are there before any statement; a const enum is gone after compiling.
            if (isAlwaysThere(definition)) continue
            if (reference.identifier.range[0] < definition.name.range[0]) {
              report(reference.identifier, `${definition.name.type === 'Identifier' ? definition.name.name : 'this name'} is used before its declaration`)
            }
          }
        }
      }
    }
  }
}

function isAlwaysThere(definition: TSESLint.Scope.Definition): boolean {
  if (definition.type === 'ImportBinding' || definition.type === 'Parameter' || definition.type === 'Type') return true
  return definition.type === 'TSEnumName' && definition.node.type === 'TSEnumDeclaration' && definition.node.const
}
