import type { Rule } from '../rule.js'

/** Row "if chains in hot code". The configuration turns it off for the files that run only when something went wrong. */
export const noHotSwitch: Rule = {
  row: 'if chains in hot code',
  why: 'a switch is twice the Lua: a loop with a condition variable (405 bytes against 183)',
  option: undefined,
  create({ report }) {
    return {
      SwitchStatement(node) { report(node, 'a switch in hot code') }
    }
  }
}
