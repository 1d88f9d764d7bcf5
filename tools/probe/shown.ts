/** Texts that a stranger wrote (certificates, reason strings, error pages), made fit for a terminal. */

const SHOWN_CHARACTERS = 160

/** Printable ASCII, and not too much of it: control characters could redraw the terminal. */
export function shown(text: string): string {
  const plain = text.replaceAll(/[^\x20-\x7e]+/g, '?')
  return plain.length > SHOWN_CHARACTERS ? `${plain.slice(0, SHOWN_CHARACTERS)}...` : plain
}

/** Takes a secret out of what the other side said, should it repeat it to us. */
export function without(secret: string, text: string): string {
  return secret === '' ? text : text.replaceAll(secret, '***')
}
