import { runPlan } from './cuts.js'
console.log(runPlan({ version: 4, traffic: 'qos1', messages: 5, cuts: [{ write: 3, kept: 0, kind: 'short' }] }))
