/** A queue whose `shift` costs the same however long it is: the network's queues hold 100,000 one-byte chunks. */
export class Fifo<T> {
  private items: T[] = []
  private head = 0

  get length(): number {
    return this.items.length - this.head
  }

  push(item: T): void {
    this.items.push(item)
  }

  peek(): T | undefined {
    return this.items[this.head]
  }

  shift(): T | undefined {
    if (this.head >= this.items.length) return undefined
    const item = this.items[this.head]
    this.head += 1
    if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head)
      this.head = 0
    }
    return item
  }

  /** Puts the rest of an item back in front. Only after a `shift`. */
  replaceHead(item: T): void {
    this.items[this.head] = item
  }

  clear(): void {
    this.items = []
    this.head = 0
  }
}
