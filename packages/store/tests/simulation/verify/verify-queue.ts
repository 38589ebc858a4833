import assert from 'node:assert/strict'

import type { Event, EventOf, QueuedRun } from '@caughtup/schema'

import type { World } from '../world/world.ts'

type QueuedPrompt = Extract<QueuedRun, { kind: 'agent' }>

/**
 * Queued prompts start or are taken in their order, as they were edited last, with their author. None
 * is lost, and none comes twice.
 */
export function verifyQueue(
  world: World,
  sessionId: string,
  events: readonly Event[],
  members: readonly string[],
): void {
  const queue = new ExpectedQueue()
  const came = new Set<string>()
  for (const [index, event] of events.entries()) {
    if (event.type === 'run-started') assertOnce(came, event.run.id)
    if (event.type !== 'queue-changed') continue
    const prompt = queue.change(event)
    if (!prompt) continue
    const { runId, messageId, author, steer } = prompt
    const [next, message] = events.slice(index + 1, index + 3)
    const starts = next?.type === 'run-started' && next.run.id === runId
    const created = starts ? message : next
    const isTakenBack = world.ledger.takenBack.has(runId)
    if (starts) {
      assert.equal(runId, queue.before[0]?.runId, `${sessionId}: ${runId} is not next.`)
      assert.equal(next.run.author, author, `The author of ${runId}.`)
      if (steer) world.count('steering prompt answered next')
    } else if (isAbout(created, messageId) || (isErased(created) && !isTakenBack)) {
      assertOnce(came, runId)
      const [first] = queue.before
      assert(steer && first?.runId === runId, `${sessionId}: ${runId} is taken before another.`)
    } else {
      assert(isTakenBack, `${sessionId}: ${runId} left the queue.`)
      continue
    }
    if (created?.type !== 'message-created') continue
    const { parts, metadata } = created.message
    assert.equal(metadata.author, author, `${sessionId}: the author of ${messageId}.`)
    assert.deepEqual(parts, prompt.parts, `${sessionId}: ${messageId} was edited in vain.`)
  }
  assert.deepEqual(queue.all, [], `${sessionId}: prompts still wait.`)
  for (const { sessionId: id, runId, author } of world.ledger.prompts) {
    if (id !== sessionId) continue
    const isLost = !came.has(runId) && !world.ledger.takenBack.has(runId)
    assert(!isLost, `${sessionId}: ${runId} waited and was never answered.`)
    if (came.has(runId) && !members.includes(author)) {
      world.count('prompt of a removed member answered')
    }
  }
}

/** Two lists: the prompts that steer, and behind them those that merely wait. */
class ExpectedQueue {
  #steering: QueuedPrompt[] = []
  #waiting: QueuedPrompt[] = []
  #before: readonly QueuedPrompt[] = []

  get all(): QueuedPrompt[] {
    return [...this.#steering, ...this.#waiting]
  }

  /** The queue before its newest change. */
  get before(): readonly QueuedPrompt[] {
    return this.#before
  }

  /** Returns the prompt that left the queue. */
  change({ add, replace, remove }: EventOf<'queue-changed'>): QueuedPrompt | undefined {
    this.#before = this.all
    if (add?.kind === 'agent') (add.steer ? this.#steering : this.#waiting).push(add)
    const edited = (each: QueuedPrompt) =>
      replace?.kind === 'agent' && each.runId === replace.runId ? replace : each
    const stays = ({ runId }: QueuedPrompt) => runId !== remove
    this.#steering = this.#steering.map(edited).filter(stays)
    this.#waiting = this.#waiting.map(edited).filter(stays)
    return this.#before.find((each) => !stays(each))
  }
}

function isAbout(event: Event | undefined, messageId: string): boolean {
  return event?.type === 'message-created' && event.message.id === messageId
}

/** An erasure leaves only the place of what it erases. */
function isErased(event: Event | undefined): boolean {
  return event?.type === 'redacted'
}

function assertOnce(came: Set<string>, runId: string): void {
  assert(!came.has(runId), `${runId} came twice.`)
  came.add(runId)
}
