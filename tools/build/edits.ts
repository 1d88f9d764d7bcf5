/** Replacements in a source text that keep every line where it is, so that later messages name the right line. */
export interface Edit {
  start: number
  end: number
  text: string
}

/** `text` with the newlines of what it replaces, minus those it brings itself. */
function withLines(replaced: string, text: string): string {
  const missing = replaced.split('\n').length - text.split('\n').length
  return missing > 0 ? text + '\n'.repeat(missing) : text
}

/** Applies edits, which may touch but not overlap. Several insertions at one place keep their order. */
export function applyEdits(source: string, edits: Edit[]): string {
  const ordered = edits.map((edit, order) => ({ edit, order }))
    .sort((a, b) => a.edit.start - b.edit.start || a.edit.end - b.edit.end || a.order - b.order)
  let out = ''
  let at = 0
  for (const { edit } of ordered) {
    if (edit.start < at) throw new Error(`edits overlap at ${edit.start}: ${JSON.stringify(source.slice(edit.start, edit.end))}`)
    out += source.slice(at, edit.start) + withLines(source.slice(edit.start, edit.end), edit.text)
    at = edit.end
  }
  return out + source.slice(at)
}
