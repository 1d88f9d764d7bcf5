/** The record of the small core as variables of a module: what changes, what does not, and what is refused. */
import vm from 'node:vm'
import { describe, expect, it } from 'vitest'
import { flatten } from '../../tools/build/flatten.js'

const SMALL = `// firmware/small/client.ts
var EMPTY = "";
function flatCore(hal, options) {
  const core = { hal_: hal, options_: options, count_: 0, busy_: false, text_: EMPTY };
  return core;
}
function add(core, n) { core.count_ = core.count_ + n; core.busy_ = true; return through(core, show, core, n); }
function show(core, n) { core.extra_ = n; return [core.count_, core.busy_, core.text_, core.extra_]; }
function through(core, fn, a, b) { return core.hal_.guard(fn, a, b); }
function renew(core) { core.count_ = 0; core.busy_ = false; }
var Client = class {
  constructor(hal, options) { const core = flatCore(hal, options); renew(core); this.core_ = core; }
  add(n) { return add(this.core_, n); }
};
function create(hal, options) { return new Client(hal, options); }
`
const APP = `// app.ts
function rename(core) { return core.count_; }
var client = create({ guard: (fn, a, b) => fn(a, b) }, {});
global.answers = [client.add(3), client.add(4), rename({ count_: "mine" })];
`

function run(code: string): unknown {
  const context: Record<string, unknown> = {}
  context.global = context
  vm.runInNewContext(code, context)
  return JSON.parse(JSON.stringify(context.answers))
}

describe('a bundle with a flat record', () => {
  it('does what it did, with variables for members and small numbers for booleans', () => {
    const flat = flatten(SMALL + APP)!
    expect(flat).toContain('let $hal, $options, $count = 0, $busy = 0, $text = EMPTY, $extra;')
    expect(flat).toContain('{ add: add }')
    expect(flat).not.toContain('new Client')
    expect(run(SMALL + APP)).toEqual([[3, true, '', 3], [7, true, '', 4], 'mine'])
    expect(run(flat)).toEqual([[3, 1, '', 3], [7, 1, '', 4], 'mine'])
  })

  it('leaves an application alone that calls an argument as the record is called', () => {
    expect(flatten(SMALL + APP)).toContain('function rename(core) { return core.count_; }')
  })

  it('is refused where the record is kept as a value', () => {
    expect(() => flatten(SMALL.replace('core.text_, core.extra_', 'core.text_, core'))).toThrow('the record is used as a value')
    expect(() => flatten(SMALL.replace('return add(this.core_, n)', 'return add(this.core_, n + 1)'))).toThrow('must pass its arguments on')
  })

  it('is left as it is when it has no such record', () => {
    expect(flatten('// a.ts\nfunction f(core) { return core.x_; }\nf({});')).toBeUndefined()
  })
})
