import { dirname, join, relative } from 'node:path'
import type { TSESTree } from '@typescript-eslint/utils'
import type { Rule } from '../rule.js'

interface Reach {
  /** Repository-relative folders and files that may be imported; a folder ends in a slash. */
  allow: string[]
  /** Of those, the ones that only types may come from. */
  typesOnly: string[]
  /** The repository's root. */
  root: string
}

/** Design: dependencies point down only. firmware/ imports itself and the types of hal/hal.ts; a port adds its own folder. */
export const portableImports: Rule<Reach> = {
  row: 'the core imports nothing but itself and the types in hal/hal.ts',
  why: 'what runs on a board has no Node, no DOM and no packages',
  option: { allow: [], typesOnly: [], root: '' },
  create({ report, filename, option }) {
    const check = (node: TSESTree.ImportDeclaration | TSESTree.ExportNamedDeclaration | TSESTree.ExportAllDeclaration) => {
      const specifier = node.source?.value
      if (specifier === undefined) return
      if (!/^\.\.?\/.*\.js$/.test(specifier)) {
        report(node, `"${specifier}" is not a relative path that ends in .js`)
        return
      }
      const target = relative(option.root, join(dirname(filename), specifier)).replace(/\.js$/, '.ts')
      const rule = option.allow.find((allowed) => allowed.endsWith('/') ? target.startsWith(allowed) : target === allowed)
      if (rule === undefined) report(node, `${target} may not be imported from here`)
      else if (option.typesOnly.includes(rule) && !importsTypesOnly(node)) report(node, `only types may come from ${target}`)
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression(node) { report(node, 'a dynamic import') }
    }
  }
}

function importsTypesOnly(node: TSESTree.ImportDeclaration | TSESTree.ExportNamedDeclaration | TSESTree.ExportAllDeclaration): boolean {
  if (node.type === 'ImportDeclaration') {
    // A const enum is inlined and leaves no import; its name says that it is a value, so it may stand here by name.
    return node.importKind === 'type' || (node.specifiers.length > 0 && node.specifiers.every((specifier) => specifier.type === 'ImportSpecifier' &&
      (specifier.importKind === 'type' || constEnums.includes(specifier.local.name))))
  }
  return node.exportKind === 'type' || (node.type === 'ExportNamedDeclaration' && node.specifiers.every((specifier) => specifier.exportKind === 'type' ||
    (specifier.local.type === 'Identifier' && constEnums.includes(specifier.local.name))))
}

/** The const enums of hal/hal.ts. */
const constEnums = ['HalVersion', 'LinkCode', 'SocketStatus']
