import { cutEverywhere, PLACES, runPlan } from './cuts.js'
for (const traffic of ['qos1', 'qos2', 'in2', 'both'] as const) {
  const t = performance.now()
  const r = runPlan({ version: 4, traffic, messages: 200, cuts: [] })
  console.log(traffic, (performance.now() - t).toFixed(0), 'ms', JSON.stringify(r), (r.bytes / Math.max(1, r.accepted)).toFixed(3))
}
const n = Number(process.argv[2] ?? 20)
for (const version of [4, 5] as const) for (const traffic of ['qos1', 'qos2', 'in2', 'both'] as const) {
  const t = performance.now()
  const total = cutEverywhere({ version, traffic, messages: n }, PLACES, false)
  console.log(version, traffic, total.runs, total.writes, total.failures.length, (performance.now() - t).toFixed(0), 'ms')
  for (const f of total.failures.slice(0, 3)) console.log(JSON.stringify(f.plan.cuts), f.broken.slice(0, 3))
}
