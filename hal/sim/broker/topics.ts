/** Topic names and filters, section 4.7. */

/** `$share/group/filter` taken apart; undefined for an ordinary filter. */
export function sharedFilter(filter: string): { group: string; filter: string } | undefined {
  if (!filter.startsWith('$share/')) return undefined
  const slash = filter.indexOf('/', 7)
  return slash < 0 ? { group: filter.substring(7), filter: '' } : { group: filter.substring(7, slash), filter: filter.substring(slash + 1) }
}

/** What is wrong with a filter, as a sentence; undefined when it is good. */
export function filterFault(filter: string): { statement: string; text: string } | undefined {
  const shared = sharedFilter(filter)
  if (shared !== undefined && (shared.group === '' || /[+#]/.test(shared.group))) return { statement: '4.8.2-2', text: `share name ${JSON.stringify(shared.group)}` }
  const plain = shared === undefined ? filter : shared.filter
  if (plain === '') return { statement: shared === undefined ? '4.7.3-1' : '4.8.2-1', text: 'an empty filter' }
  if (filter.includes('\0')) return { statement: '4.7.3-2', text: 'U+0000 in a filter' }
  const levels = plain.split('/')
  for (const [i, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || i < levels.length - 1)) return { statement: '4.7.1-1', text: `# that is not the last level of its own: ${filter}` }
    if (level.includes('+') && level !== '+') return { statement: '4.7.1-2', text: `+ that is not a whole level: ${filter}` }
  }
  return undefined
}

/** True when the filter has wildcards. */
export function isWild(filter: string): boolean {
  return filter.includes('+') || filter.includes('#')
}

/** Whether an ordinary filter matches a topic name. */
export function matches(filter: string, topic: string): boolean {
  if (filter === topic) return true
  if (!isWild(filter)) return false
  if (topic.startsWith('$') && (filter.startsWith('#') || filter.startsWith('+'))) return false
  const want = filter.split('/')
  const have = topic.split('/')
  for (let i = 0; i < want.length; i++) {
    if (want[i] === '#') return true
    if (i >= have.length) return false
    if (want[i] !== '+' && want[i] !== have[i]) return false
  }
  return want.length === have.length
}
