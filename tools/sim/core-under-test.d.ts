/** Resolved by build.ts: firmware/index.<features>.ts. */
declare module 'core-under-test' {
  export { create } from '../../firmware/index.full.js'
}
