// Packages without types of their own, as far as they are used here.
declare module 'luamin' {
  const luamin: { minify(chunk: object): string }
  export default luamin
}
declare module 'luaparse' {
  export interface Node { type: string }
  export interface Identifier extends Node { name: string }
  export function parse(code: string, options: { scope: boolean; locations: boolean; comments: boolean }): Node
}
