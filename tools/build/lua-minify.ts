/**
 * luamin, with its one mistake mended: it prints `a + (b - c)` as `a + b - c` and `a * (b / c)` as `a * b / c`, which is
 * not the same in 32-bit integers. Such an operand is dressed up as a call, and the call's name is taken out afterwards.
 */
import luamin from 'luamin'
import { parse } from 'luaparse'

const DRESS = '____parenthesised'
const LOSES: Record<string, string[]> = { '+': ['+', '-'], '*': ['*', '/'] }

interface AnyNode { type: string; [key: string]: unknown }

function dress(node: AnyNode): void {
  for (const value of Object.values(node).flat()) {
    if (value !== null && typeof value === 'object' && typeof (value as AnyNode).type === 'string') dress(value as AnyNode)
  }
  const right = node.right as AnyNode | undefined
  if (node.type !== 'BinaryExpression' || right?.type !== 'BinaryExpression') return
  if (LOSES[node.operator as string]?.includes(right.operator as string)) {
    node.right = { type: 'CallExpression', base: { type: 'Identifier', name: DRESS, isLocal: false }, arguments: [right] }
  }
}

/** The smallest form of a Lua text; lua-check.ts proves that it is the same program. */
export function minifyLua(code: string): string {
  const chunk = parse(code, { scope: true, locations: false, comments: false }) as unknown as AnyNode
  dress(chunk)
  return luamin.minify(chunk).replaceAll(DRESS + '(', '(') + '\n'
}
