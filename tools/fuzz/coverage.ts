/** Which blocks of this program ran: V8's precise coverage through node:inspector. */
import { Session, type Profiler } from 'node:inspector'

export class Coverage {
  private readonly session = new Session()
  private readonly seen = new Set<string>()

  constructor(private readonly isOurs: (url: string) => boolean) {
    this.session.connect()
    this.session.post('Profiler.enable')
    this.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Blocks seen so far. */
  get size(): number {
    return this.seen.size
  }

  /** Blocks that ran since the last call and never before. A block that ran often counts anew from 8 and from 64 times on. */
  take(): string[] {
    let scripts: Profiler.ScriptCoverage[] = []
    this.session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error
      scripts = taken.result
    })
    const fresh: string[] = []
    for (const { url, functions } of scripts) {
      if (!this.isOurs(url)) continue
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count === 0) continue
          const block = `${startOffset}-${endOffset}-${count < 8 ? 1 : count < 64 ? 8 : 64}`
          if (this.seen.has(block)) continue
          this.seen.add(block)
          fresh.push(block)
        }
      }
    }
    return fresh
  }

  stop(): void {
    this.session.post('Profiler.stopPreciseCoverage')
    this.session.disconnect()
  }
}
