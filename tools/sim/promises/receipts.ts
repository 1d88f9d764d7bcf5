/** What a receipt means (docs/protocol.md, 18, 19 and 33). */
import { ErrorCode } from '../../../firmware/codes.js'
import type { Sent } from '../world.js'
import { HONEST, type SimPromise } from './promise.js'

function named(sent: Sent): string {
  return `${sent.label} (token ${sent.token}, QoS ${sent.qos}, published at ${sent.t} ms)`
}

function told(sent: Sent): string {
  return sent.receipts.map((one) => `${one.outcome} ${one.reason} at ${one.t} ms`).join(', ')
}

export const oneReceipt: SimPromise = {
  name: 'one-receipt',
  sentence: 'Every accepted publish ends in one receipt, and in no second one; with a journal a receipt may be repeated after a power cut, under the same token.',
  watch: (world, name) => ({
    receipt: (sent) => {
      const boot = sent.receipts[sent.receipts.length - 1]!.boot
      if (sent.receipts.filter((one) => one.boot === boot).length > 1) world.fail(name, `${named(sent)} has ${sent.receipts.length} receipts: ${told(sent)}`)
    },
    end: () => {
      for (const sent of world.sent) {
        if (sent.receipts.length === 0 && world.mustEnd(sent)) world.fail(name, `${named(sent)} has no receipt at ${world.now} ms; outbox ${world.client.stats().outboxCount}, link ${world.state}`)
      }
    }
  })
}

export const deliveredWasTaken: SimPromise = {
  name: 'delivered-was-taken',
  sentence: 'A publish of QoS 1 or 2 whose receipt says delivered was taken by the server before that receipt.',
  profiles: HONEST,
  watch: (world, name) => ({
    receipt: (sent) => {
      const receipt = sent.receipts[sent.receipts.length - 1]!
      // An id of a session that a reset forgot may be taken for a repeat (docs/protocol.md, 4).
      if (receipt.outcome !== 'delivered' || sent.taken.length > 0 || world.boot > 1 && sent.qos === 2 && !world.survives(sent)) return
      world.fail(name, `${named(sent)} was told as delivered, and the server never took it`)
    }
  })
}

export const atLeastOnce: SimPromise = {
  name: 'at-least-once',
  sentence: 'What is not delivered has a reason: QoS 1 and 2 publishes end as sent only under QoS 0, and as unknown only where a session was lost under onSessionLost "report".',
  watch: (world, name) => ({
    receipt: (sent) => {
      const receipt = sent.receipts[sent.receipts.length - 1]!
      const { outcome } = receipt
      if (sent.qos > 0 && outcome === 'sent' || sent.qos === 0 && outcome === 'delivered') world.fail(name, `${named(sent)} ended as ${outcome}`)
      if (outcome === 'unknown' && (sent.qos < 2 || world.script.client.onSessionLost !== 'report')) world.fail(name, `${named(sent)} ended as unknown, with onSessionLost ${world.script.client.onSessionLost ?? 'resend'}`)
      if ((outcome === 'expired' || outcome === 'dropped' || outcome === 'rejected') && receipt.reason === 0) world.fail(name, `${named(sent)} ended as ${outcome} without a reason`)
    }
  })
}

export const unsentStaysUnsent: SimPromise = {
  name: 'unsent-stays-unsent',
  sentence: 'A publish that expired in the queue, or gave way in a full one, was never sent: once its first byte is out a message ends otherwise.',
  watch: (world, name) => {
    const gaveWay = (sent: Sent): boolean => sent.receipts.some((one) => one.outcome === 'expired' || one.outcome === 'dropped' && (one.reason === ErrorCode.QueueFull || one.reason === ErrorCode.QueueBytes || one.reason === ErrorCode.Superseded))
    const judge = (sent: Sent): void => {
      // The Message Expiry Interval goes on counting on the wire.
      if (!gaveWay(sent) || sent.boot !== world.boot) return
      if (sent.leftAt >= 0) world.fail(name, `${named(sent)} left at ${sent.leftAt} ms and ended as ${told(sent)}`)
      else if (sent.partAt >= 0) world.fail(name, `${named(sent)} had left in part when its connection ended at ${sent.partAt} ms, and ended as ${told(sent)}`)
    }
    return { receipt: judge, taken: (_taken, sent) => judge(sent) }
  }
}

export const deadlinesKept: SimPromise = {
  name: 'deadlines-kept',
  sentence: 'A publish with a deadline does not begin to leave after it, and its receipt comes no later than the slice that is due then.',
  watch: (world, name) => {
    const slack = 100
    /** Offline nothing runs: a deadline that passed there is told when the program connects. */
    let offline = true
    let onlineAt = 0
    /** Messages of which a part may have left before. */
    const begun = new Set<string>()
    const look = (): void => {
      const { link } = world
      if (link !== undefined && link.out.begun > 0) for (const sent of world.sent) if (sent.deadline > 0 && sent.leftAt < 0) begun.add(sent.label)
    }
    const late = (sent: Sent, t: number): boolean => sent.deadline > 0 && t > sent.t + sent.deadline + slack
    return {
      link: (state, before) => {
        offline = state === 'offline'
        if (before === 'offline' && !offline) onlineAt = world.now
      },
      reboot: () => { offline = true },
      receipt: (sent) => {
        const receipt = sent.receipts[sent.receipts.length - 1]!
        if (receipt.outcome === 'expired' && sent.deadline > 0 && sent.expiryMs === 0 && sent.leftAt < 0 && sent.boot === world.boot && receipt.t < sent.t + sent.deadline) world.fail(name, `${named(sent)} expired at ${receipt.t} ms, ${sent.t + sent.deadline - receipt.t} ms before its deadline`)
        // A slice may wait for the program's turn.
        const due = Math.max(sent.t + sent.deadline, onlineAt) + world.script.program.periodMs + slack
        if (receipt.outcome === 'expired' && sent.deadline > 0 && sent.expiryMs === 0 && sent.leftAt < 0 && sent.boot === world.boot && !offline && receipt.t > due) world.fail(name, `${named(sent)} with a deadline of ${sent.deadline} ms was told as expired at ${receipt.t} ms, ${receipt.t - sent.t - sent.deadline} ms after it`)
      },
      out: (frame) => {
        if (frame.name !== 'PUBLISH' || frame.dup) return
        const sent = world.byLabel.get(frame.label)
        // A slow way out, or a connection before, may have begun it in time.
        if (sent !== undefined && sent.deadline > 0 && sent.boot === world.boot && sent.leftAt === world.now && world.link !== undefined && late(sent, world.link.openedAt) && !begun.has(sent.label)) world.fail(name, `${named(sent)} with a deadline of ${sent.deadline} ms left at ${world.now} ms, on a connection opened at ${world.link.openedAt} ms`)
      },
      slice: look,
      step: look
    }
  }
}
