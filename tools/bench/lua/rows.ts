/** The rows of `npm run bench:lua`: what the client costs in Lua, beside an encoder by hand and LuaTask's own client. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildLua } from '../../build/lua.js'
import { flagsOf, type Profile } from '../../build/profiles.js'
import { ROOT } from '../../build/root.js'
import { rowOf, type Row } from '../row.js'

export interface Run {
  rounds: number
  messages: number
  reconnects: number
  /** LuaTask's lib/mqtt.lua, where LUATASK_PEER names it. */
  peer: string | undefined
  wanted: (name: string) => boolean
  progress: (line: string) => void
}

const INTERPRETERS = ['lua5.1', 'lua5.3'] as const
const LIMIT_MS = 300_000
const SHIM = 'LuaTask mqtt.lua, its pack in Lua'
/** Bytes of LuaTask's client on lua5.1 from source, which the small profile is held against where the file is not there. */
const TASK_HEAP = 24.9 * 1024

/** A folder with the bundles as the boards of Lua have them: nothing wakes them. */
export function prepared(): { folder: string; done: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'yieldmq-bench-lua-'))
  for (const profile of ['tiny', 'standard'] as Profile[]) {
    const { code } = buildLua({ entry: `firmware/index.${profile}.ts`, flags: { ...flagsOf(profile), FEATURE_WAKE: false } })
    writeFileSync(path.join(folder, `${profile}.lua`), code, 'latin1')
    execFileSync('luac5.1', ['-s', '-o', path.join(folder, `${profile}.51.luac`), path.join(folder, `${profile}.lua`)])
  }
  writeFileSync(path.join(folder, 'encoders.lua'), buildLua({ entry: 'tools/bench/lua/encoders.ts', flags: flagsOf('tiny') }).code, 'latin1')
  copyFileSync(path.join(ROOT, 'tools/lua-shim/luatask/pack.lua'), path.join(folder, 'pack.lua'))
  return { folder, done: () => { rmSync(folder, { recursive: true, force: true }) } }
}

/** The figures that a job prints, by name: each line's numbers. */
function job(interpreter: string, what: string, folder: string, args: string[], run: Run): Map<string, number[][]> {
  run.progress(`${interpreter} ${what} ${args.map((one) => path.basename(one)).join(' ')}`)
  const out = execFileSync(interpreter, [path.join(ROOT, 'tools/bench/lua/program.lua'), what, folder, ...args], { encoding: 'latin1', timeout: LIMIT_MS, env: { ...process.env, ROUNDS: String(run.rounds) }, stdio: ['ignore', 'pipe', 'inherit'] })
  const figures = new Map<string, number[][]>()
  for (const line of out.split('\n').filter((one) => one.startsWith('@@'))) {
    const [name, ...numbers] = line.slice(2).split('\t')
    figures.set(name!, [...figures.get(name!) ?? [], numbers.map(Number)])
  }
  return figures
}

const column = (figures: Map<string, number[][]>, name: string, at: number): number[] | null => figures.get(name)?.map((each) => each[at]!) ?? null

function encodeRows(folder: string, run: Run): Row[] {
  const rows: Row[] = []
  if (!['lua.encode.32', 'lua.encode.32.garbage', 'lua.encode.32.task'].some(run.wanted)) return rows
  const modern = job('lua5.3', 'encode', folder, [], run)
  const against = { better: 'less' as const }
  rows.push(rowOf({ ...against, name: 'lua.encode.32', unit: 'ns', peerName: 'one concat by hand, lua5.3', atLeast: 1 / 1.5 }, column(modern, 'ours', 0)!, column(modern, 'byHand', 0)))
  rows.push(rowOf({ ...against, name: 'lua.encode.32.garbage', unit: 'bytes', peerName: 'one concat by hand, lua5.3: the packet', atLeast: 1 }, column(modern, 'ours', 1)!, column(modern, 'byHand', 1)))
  const old = job('lua5.1', 'encode', folder, run.peer === undefined ? [] : [run.peer], run)
  rows.push(rowOf({ ...against, name: 'lua.encode.32.task', unit: 'ns', peerName: `${SHIM}, lua5.1`, atLeast: 1 }, column(old, 'ours', 0)!, column(old, 'task', 0)))
  return rows
}

function heap(interpreter: string, form: string, file: string, folder: string, run: Run, isPeer = false): number {
  return job(interpreter, 'heap', folder, [form, file, ...(isPeer ? ['peer'] : [])], run).get('heap')![0]![0]!
}

function heapRows(folder: string, run: Run): Row[] {
  const rows: Row[] = []
  const names = ['tiny', 'standard'].flatMap((profile) => INTERPRETERS.flatMap((lua) => ['stripped', 'source'].map((form) => `lua.heap.${profile}.${lua.slice(3).replace('.', '')}.${form}`)))
  if (!names.some(run.wanted)) return rows
  let peerStripped: string | undefined
  if (run.peer !== undefined) {
    peerStripped = path.join(folder, 'peer.luac')
    execFileSync('luac5.1', ['-s', '-o', peerStripped, run.peer])
  }
  const task = run.peer === undefined ? null : { source: heap('lua5.1', 'source', run.peer, folder, run, true), stripped: heap('lua5.1', 'source', peerStripped!, folder, run, true) }
  for (const profile of ['tiny', 'standard']) {
    for (const lua of INTERPRETERS) {
      const isOld = lua === 'lua5.1'
      for (const form of ['stripped', 'source'] as const) {
        const name = `lua.heap.${profile}.${isOld ? '51' : '53'}.${form}`
        if (!run.wanted(name)) continue
        const file = path.join(folder, isOld && form === 'stripped' ? `${profile}.51.luac` : `${profile}.lua`)
        const ours = heap(lua, !isOld && form === 'stripped' ? 'strip' : 'source', file, folder, run)
        // What is promised: tiny stripped against LuaTask's client from source, standard stripped against 45 KB; the rest is told.
        const promised = isOld && form === 'stripped'
        const peer = !isOld ? null : profile === 'standard' ? (promised ? [45 * 1024] : null) : promised ? [task?.source ?? TASK_HEAP] : task === null ? null : [task.source]
        const peerName = !isOld ? '' : profile === 'standard' ? 'the limit' : task === null ? 'LuaTask mqtt.lua from source (known)' : `LuaTask mqtt.lua from source; stripped ${Math.round(task.stripped)}`
        rows.push(rowOf({ name, unit: 'bytes', peerName, better: 'less', atLeast: promised ? 1 : 0 }, [ours], peer))
      }
    }
  }
  return rows
}

function idleRows(folder: string, run: Run): Row[] {
  const rows: Row[] = []
  if (!['lua.yield.idle', 'lua.publish.32'].some((one) => ['tiny', 'standard'].some((profile) => run.wanted(`${one}.${profile}`)))) return rows
  const figures = job('lua5.3', 'idle', folder, [], run)
  for (const profile of ['tiny', 'standard']) {
    rows.push(rowOf({ name: `lua.yield.idle.${profile}`, unit: 'ns', peerName: 'its own publish, lua5.3', better: 'less', atLeast: 0 }, column(figures, profile, 0)!, column(figures, `${profile}.publish`, 0)))
    rows.push(rowOf({ name: `lua.yield.idle.${profile}.garbage`, unit: 'bytes', peerName: 'lua5.3; below 1', better: 'less', atLeast: 1 }, column(figures, profile, 1)!.map((one) => Math.max(one, 0.001)), [1]))
  }
  return rows
}

function growthRows(folder: string, run: Run): Row[] {
  return ['tiny', 'standard'].flatMap((profile) => INTERPRETERS.map((lua) => [profile, lua] as const)).filter(([profile, lua]) => run.wanted(`lua.growth.${profile}.${lua.slice(3).replace('.', '')}`)).map(([profile, lua]) => {
    const grown = job(lua, 'growth', folder, [profile, String(run.messages), String(run.reconnects)], run).get('growth')![0]!
    const [bytes, sent, heard, connects] = grown as [number, number, number, number]
    if (sent < run.messages || heard < run.messages || connects < run.reconnects) throw new Error(`${profile} on ${lua}: ${sent} sent, ${heard} heard, ${connects} connects`)
    return rowOf({ name: `lua.growth.${profile}.${lua.slice(3).replace('.', '')}`, unit: 'bytes', peerName: `the limit, after ${sent} messages each way and ${connects} connects`, better: 'less', atLeast: 1 }, [Math.max(bytes, 1)], [1024])
  })
}

/** All rows that are wanted. */
export function luaRows(run: Run): Row[] {
  const { folder, done } = prepared()
  try {
    return [encodeRows, heapRows, idleRows, growthRows].flatMap((part) => part(folder, run)).filter((row) => run.wanted(row.name))
  } finally {
    done()
  }
}
