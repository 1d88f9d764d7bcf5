import type { Rule } from '../rule.js'

/** Row "const enum, inlined by every compiler". */
export const constEnum: Rule = {
  row: 'const enum, inlined by every compiler',
  why: 'an ordinary enum costs a two-way table at run time, 226 bytes of Lua for a small one',
  option: undefined,
  create({ report }) {
    return {
      TSEnumDeclaration(node) {
        if (!node.const) report(node, `enum ${node.id.name} is not const`)
      }
    }
  }
}
