import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { pageOf } from '../../tests/support/page-of.ts'
import { Recording, type SentFrame } from '../../tests/support/recording.ts'
import { buildSessionSnapshot } from './build-session-snapshot.ts'
import type { KeptPrompt } from '../outbox/kept-prompt.ts'
import { markAnswered, showOutbox } from '../outbox/pending-prompts.ts'
import {
  disconnect,
  emptySessionState,
  modeOf,
  receiveFrame,
  receivePage,
  type SessionState,
} from './session-state.ts'

function answered(): Recording {
  const recording = new Recording()
  recording.start('run')
  recording.message('question', 'user', 'Hi')
  recording.message('answer', 'assistant')
  recording.open('answer')
  recording.text('answer', 'Hel')
  recording.text('answer', 'lo')
  recording.finish('answer')
  recording.end('run')
  return recording
}

function receive(state: SessionState, frames: readonly SentFrame[]): SessionState {
  return frames.reduce((now, { frame, eventId }) => {
    const { state: next, gap } = receiveFrame(now, frame, eventId)
    expect(gap).toBe(false)
    return next
  }, state)
}

const shown = ({ view }: SessionState) => ({
  messages: view.messages,
  seq: view.seq,
  run: view.run,
})
const expected = (recording: Recording, seq?: number) => {
  const { messages, seq: head, run } = recording.viewAt(seq)
  return { messages, seq: head, run }
}

test('a view is told whether messages of another system may be missing', () => {
  const recording = new Recording()
  const told = (unmerged?: 'failed' | 'run-active'): SentFrame[] => {
    const frames = recording.full()
    const last = frames.pop()!
    return [...frames, { ...last, frame: { ...last.frame, ...(unmerged && { unmerged }) } }]
  }
  const shownOf = (state: SessionState) =>
    buildSessionSnapshot('s', state, { status: 'live', attempts: 0 }, undefined, undefined).unmerged
  const failed = receive(emptySessionState, told('failed'))
  expect(shownOf(failed)).toBe('failed')
  expect(shownOf(disconnect(failed))).toBe('failed')
  expect(shownOf(receive(failed, told()))).toBeUndefined()
  recording.start('run')
  const active = receive(failed, told('run-active'))
  expect(shownOf(active)).toBe('run-active')
  recording.end('run')
  expect(shownOf(receive(active, [recording.batch(1)]))).toBeUndefined()
})

describe('a full replay', () => {
  test('is shown from its caught-up on, and the former view until then', () => {
    const recording = answered()
    const first = receive(emptySessionState, recording.full(3))
    const [replay, messages, caughtUp] = recording.full()
    const during = receive(first, [replay!, messages!])
    expect(during.view).toBe(first.view)
    expect(during.caughtUp).toBe(false)
    const after = receive(during, [caughtUp!])
    expect(shown(after)).toEqual(expected(recording))
    expect(after.caughtUp).toBe(true)
  })

  test('applies the events after its window', () => {
    const recording = answered()
    const state = receive(emptySessionState, [
      recording.replay('full'),
      recording.messages(5),
      recording.batch(5, 8, { id: false }),
      recording.caughtUp('full'),
    ])
    expect(shown(state)).toEqual(expected(recording))
  })

  test('gives no cursor until it is complete', () => {
    const recording = answered()
    const begun = receive(emptySessionState, recording.full().slice(0, 2))
    expect(modeOf(disconnect(begun))).toEqual({ type: 'full' })
  })

  test('that breaks leaves the view and its cursor as they were', () => {
    const recording = answered()
    const first = receive(emptySessionState, recording.full(5))
    const broken = disconnect(receive(first, recording.full().slice(0, 2)))
    expect(broken.view).toBe(first.view)
    expect(modeOf(broken)).toEqual({ type: 'since', cursor: recording.cursor(5) })
  })

  test('keeps the identity of equal messages within one history, and only there', () => {
    const recording = answered()
    const first = receive(emptySessionState, recording.full())
    const again = (reason: 'too-far-behind' | 'cursor-unknown') =>
      receive(first, [
        { frame: { type: 'replay', protocol: 1, mode: 'full', reason, epoch: 0 } },
        ...JSON.parse(JSON.stringify(recording.full())).slice(1),
      ])
    expect(again('too-far-behind').view.messages[0]).toBe(first.view.messages[0])
    expect(again('cursor-unknown').view.messages[0]).not.toBe(first.view.messages[0])
  })

  test('whose caught-up is not where its events ended is a gap', () => {
    const recording = answered()
    const begun = receive(emptySessionState, [
      recording.replay('full'),
      recording.messages(3),
      recording.batch(3, 6, { id: false }),
    ])
    const { frame, eventId } = recording.caughtUp('full')
    expect(receiveFrame(begun, frame, eventId).gap).toBe(true)
  })
})

describe('a since replay', () => {
  test('changes the view in place and keeps the identity of the rest', () => {
    const recording = answered()
    const first = receive(emptySessionState, recording.full(5))
    const state = receive(disconnect(first), recording.since(5))
    expect(shown(state)).toEqual(expected(recording))
    expect(state.view.messages[0]).toBe(first.view.messages[0])
    expect(state.lastReplay).toEqual({ mode: 'since', cursor: recording.cursor() })
  })

  test('leaves hasOlder of the view unchanged', () => {
    const recording = answered()
    const first = receive(emptySessionState, recording.full(5))
    const frames = recording.since(5)
    const last = frames.at(-1)!
    const state = receive(first, [
      ...frames.slice(0, -1),
      { ...last, frame: { ...last.frame, hasOlder: true } as SentFrame['frame'] },
    ])
    expect(state.view.hasOlder).toBe(false)
  })

  test('may begin at any time on a stream that is live', () => {
    const recording = answered()
    const live = receive(emptySessionState, recording.full(4))
    const behind = receive(live, [recording.replay('since')])
    expect(behind.caughtUp).toBe(false)
    expect(shown(receive(behind, recording.since(4).slice(1)))).toEqual(expected(recording))
  })
})

describe('a text frame', () => {
  /** seq 1 prompt · 2 answer · 3 its part */
  function streaming() {
    const recording = new Recording()
    recording.message('prompt', 'user', 'Hi')
    recording.message('answer', 'assistant')
    recording.open('answer')
    return { recording, state: receive(emptySessionState, recording.full()) }
  }

  test('extends its message and moves the cursor, merged or not', () => {
    const { recording, state } = streaming()
    recording.text('answer', 'Hel')
    const once = receive(state, [recording.live(3)])
    expect(shown(once)).toEqual(expected(recording))
    expect(modeOf(once)).toEqual({ type: 'since', cursor: recording.cursor(4) })
    recording.text('answer', 'l')
    recording.text('answer', 'o')
    const merged = recording.live(4)
    expect(merged.frame).toMatchObject({ type: 'text', from: 5, seq: 6, text: 'lo' })
    expect(shown(receive(once, [merged]))).toEqual(expected(recording))
  })

  test('that is not the next one is a gap, and a known one changes nothing', () => {
    const { recording, state } = streaming()
    for (const text of ['a', 'b', 'c']) recording.text('answer', text)
    for (const missed of [recording.live(4, 5), recording.live(4)]) {
      const { state: after, gap } = receiveFrame(state, missed.frame, missed.eventId)
      expect(gap).toBe(true)
      expect(after.view).toBe(state.view)
      expect(modeOf(after)).toEqual({ type: 'since', cursor: recording.cursor(3) })
    }
    const live = receive(state, [recording.live(3)])
    expect(receive(live, [recording.live(3, 4)]).view).toBe(live.view)
  })

  test('about a message that is not loaded only advances the view', () => {
    const { recording } = streaming()
    recording.message('note', 'user', 'By the way')
    const state = receive(emptySessionState, recording.full(4, 1))
    recording.text('answer', 'Hello')
    const after = receive(state, [recording.live(4)])
    expect(after.view).toEqual({ ...state.view, seq: 5 })
    expect(modeOf(after)).toEqual({ type: 'since', cursor: recording.cursor(5) })
  })
})

describe('missing events', () => {
  test('leave a whole frame unapplied, so that cursor and view stay together', () => {
    const recording = answered()
    const live = receive(emptySessionState, recording.full(3))
    const torn: SentFrame = {
      frame: { type: 'events', events: [recording.events[3]!, recording.events[5]!] },
      eventId: recording.cursor(6),
    }
    const { state, gap } = receiveFrame(live, torn.frame, torn.eventId)
    expect(gap).toBe(true)
    expect(state.view).toBe(live.view)
    expect(modeOf(state)).toEqual({ type: 'since', cursor: recording.cursor(3) })
  })

  test('at the same place again lead to a full replay', () => {
    const recording = answered()
    const live = receive(emptySessionState, recording.full(3))
    const { frame, eventId } = recording.batch(4)
    const once = receiveFrame(live, frame, eventId).state
    const twice = receiveFrame(
      receive(disconnect(once), [recording.replay('since')]),
      frame,
      eventId,
    ).state
    expect(modeOf(twice)).toEqual({ type: 'full' })
  })

  test('at another place lead to a replay since that place', () => {
    const recording = answered()
    const live = receive(emptySessionState, recording.full(3))
    const hole = recording.batch(4)
    const once = receiveFrame(live, hole.frame, hole.eventId).state
    const refilled = receive(disconnect(once), recording.since(3, 5))
    const next = recording.batch(6)
    const { state } = receiveFrame(refilled, next.frame, next.eventId)
    expect(modeOf(state)).toEqual({ type: 'since', cursor: recording.cursor(5) })
  })

  test('before a caught-up are noticed', () => {
    const recording = answered()
    const live = receive(emptySessionState, recording.full(3))
    const { frame, eventId } = recording.caughtUp('since')
    expect(receiveFrame(receive(live, [recording.replay('since')]), frame, eventId).gap).toBe(true)
  })
})

test('an event of an unknown type is skipped and counted', () => {
  const recording = answered()
  const live = receive(emptySessionState, recording.full())
  const unknown = { type: 'from-the-future', seq: 9, from: 9, epoch: 0, at: 1 }
  const { state, gap } = receiveFrame(
    live,
    { type: 'events', events: [unknown as never] },
    'x.9.t9',
  )
  expect(gap).toBe(false)
  expect(state.view).toMatchObject({ seq: 9, skipped: 1 })
})

describe('a boundary', () => {
  function compacted() {
    const recording = answered()
    recording.boundary('summary')
    return recording
  }

  test('leaves the messages of a fresh load, and removes loaded older pages too', () => {
    const recording = compacted()
    const live = receive(emptySessionState, recording.full(8))
    const withPage: SessionState = {
      ...live,
      view: {
        ...live.view,
        messages: [{ ...live.view.messages[0]!, id: 'old', order: 0 }, ...live.view.messages],
      },
    }
    const after = receive(withPage, [recording.batch(8)])
    const fresh = receive(emptySessionState, [
      recording.replay('full'),
      recording.messages(),
      recording.caughtUp('full'),
    ])
    expect(after.view.messages).toEqual(fresh.view.messages)
    expect(after.view).toMatchObject({ epoch: 1, hasOlder: true })
  })

  test('drops an older page that is on its way', () => {
    const recording = compacted()
    const live = receive(emptySessionState, recording.full(8))
    const asked: SessionState = { ...live, older: { id: 1, changes: [] } }
    const after = receive(asked, [recording.batch(8)])
    expect(after.older).toBeUndefined()
    expect(receivePage(after, 1, pageOf([], 8))).toBe(after)
  })
})

/** Two turns, `q1` to `a2`; the window of 2 contains the second. */
function conversation(): Recording {
  const recording = new Recording()
  for (const turn of [1, 2]) {
    recording.message(`q${turn}`, 'user', `question ${turn}`)
    recording.message(`a${turn}`, 'assistant', `answer ${turn}`)
  }
  return recording
}

const idsOf = ({ view }: SessionState) => view.messages.map(({ id }) => id)

describe('changes of history', () => {
  test('made while the view was away reach it in a replay since its cursor', () => {
    const recording = conversation()
    const first = receive(emptySessionState, recording.full())
    recording.replace('q1', 'edited')
    recording.delete('a1')
    recording.undo()
    recording.redo()
    recording.erase('a2')
    const state = receive(disconnect(first), recording.since(4))
    expect(shown(state)).toEqual(expected(recording))
    expect(idsOf(state)).toEqual(['q1', 'q2'])
  })

  test('update canUndo and canRedo live', () => {
    const recording = conversation()
    const live = receive(emptySessionState, recording.full())
    expect(live.view).toMatchObject({ canUndo: true, canRedo: false })
    recording.undo()
    recording.undo()
    const undone = receive(live, [recording.batch(4)])
    expect(undone.view).toMatchObject({ canUndo: false, canRedo: true, messages: [] })
    recording.redo()
    const redone = receive(undone, [recording.batch(6)])
    expect(redone.view).toMatchObject({ canUndo: true, canRedo: true })
    recording.message('q3', 'user', 'another')
    expect(receive(redone, [recording.batch(7)]).view).toMatchObject({ canRedo: false })
  })

  test('remove messages from loaded older pages too', () => {
    const recording = conversation()
    const live = receive(emptySessionState, recording.full(4, 2))
    const { messages } = recording.viewAt()
    const withPage: SessionState = { ...live, view: { ...live.view, messages } }
    recording.erase('q1')
    recording.replace('a1', 'edited')
    expect(receive(withPage, [recording.batch(4)]).view.messages).toEqual(
      recording.viewAt().messages,
    )
  })
})

describe('an event that needs a window', () => {
  const cut = (recording: Recording) => {
    recording.truncate(1)
    return recording
  }
  const fill = (recording: Recording) => {
    recording.import('i1', 'i2')
    return recording
  }

  test.each([
    ['a truncation before the view', cut],
    ['an import', fill],
  ])('%s asks for a full replay and stays away until that is there', (_, change) => {
    const recording = conversation()
    const live = receive(emptySessionState, recording.full(4, 2))
    change(recording)
    const { frame, eventId } = recording.batch(4)
    const { state, gap } = receiveFrame(live, frame, eventId)
    expect(gap).toBe(true)
    expect(state.view).toBe(live.view)
    expect(modeOf(disconnect(state))).toEqual({ type: 'full' })
    const replaying = receive(disconnect(state), recording.full(5, 2).slice(0, 2))
    expect(replaying.view).toBe(live.view)
    const after = receive(replaying, recording.full(5, 2).slice(2))
    expect(after.view.messages).toEqual(recording.viewAt().messages.slice(-2))
    expect(modeOf(after)).toEqual({ type: 'since', cursor: recording.cursor(5) })
  })

  test('leaves the events before it in its frame unapplied, as the window contains them', () => {
    const recording = conversation()
    const live = receive(emptySessionState, recording.full())
    recording.message('q3', 'user', 'third')
    recording.import('i1')
    const { frame, eventId } = recording.batch(4)
    expect(receiveFrame(live, frame, eventId).state.view).toBe(live.view)
  })

  test('keeps requesting a full replay until one succeeds', () => {
    const recording = fill(conversation())
    const live = receive(emptySessionState, recording.full(4))
    const { frame, eventId } = recording.batch(4)
    const { state } = receiveFrame(live, frame, eventId)
    const broken = disconnect(receive(disconnect(state), recording.full().slice(0, 2)))
    expect(modeOf(broken)).toEqual({ type: 'full' })
    expect(broken.view).toBe(live.view)
  })

  test('after the window of a replay leads to another replay', () => {
    const recording = fill(conversation())
    const begun = receive(emptySessionState, [recording.replay('full'), recording.messages(4)])
    const { frame } = recording.batch(4)
    const { state, gap } = receiveFrame(begun, frame, undefined)
    expect(gap).toBe(true)
    const after = receive(disconnect(state), recording.full())
    expect(shown(after)).toEqual(expected(recording))
  })

  test('drops an older page that is on its way', () => {
    const recording = conversation()
    const live = receive(emptySessionState, recording.full(4, 2))
    cut(recording)
    const asked: SessionState = { ...live, older: { id: 1, changes: [] } }
    const { frame, eventId } = recording.batch(4)
    const { state } = receiveFrame(asked, frame, eventId)
    expect(receive(disconnect(state), recording.full()).older).toBeUndefined()
  })
})

describe('a pending prompt', () => {
  const input = { sessionId: 's', messageId: 'question', text: 'Hi' }

  function sent(state: 'sending' | 'answered', before = emptySessionState): SessionState {
    const prompt: KeptPrompt = { input, state: 'sending', revision: 1 }
    const pending = showOutbox([], [prompt], before.view)
    return {
      ...before,
      pending: state === 'sending' ? pending : markAnswered(pending, 'question'),
    }
  }

  test('is removed when its message is seen live', () => {
    const recording = answered()
    const live = receive(sent('sending'), recording.full(0))
    expect(live.pending).toHaveLength(1)
    expect(receive(live, [recording.batch(0, 2)]).pending).toHaveLength(0)
  })

  test('is removed when it is seen in the queue', () => {
    const recording = new Recording()
    const live = receive(sent('sending'), recording.full())
    recording.queue({
      kind: 'agent',
      runId: 'r',
      messageId: 'question',
      parts: [{ type: 'text', text: 'Hi' }],
      queuedAt: 1,
    })
    expect(receive(live, [recording.batch(0)]).pending).toHaveLength(0)
  })

  test('is removed when it is erased, as its creation is no longer in the journal', () => {
    const recording = new Recording()
    const live = sent('answered', receive(emptySessionState, recording.full()))
    recording.append({ type: 'redacted' })
    recording.erase('question')
    expect(receive(live, [recording.batch(0)]).pending).toHaveLength(0)
  })

  test('stays while other messages are erased', () => {
    const recording = conversation()
    const live = sent('answered', receive(emptySessionState, recording.full()))
    recording.erase('q1')
    expect(receive(live, [recording.batch(4)]).pending).toHaveLength(1)
  })

  test('is removed by a replay that began after its answer, although it was undone since', () => {
    const recording = new Recording()
    recording.message('question', 'user', 'Hi')
    recording.undo()
    expect(receive(sent('answered'), recording.full()).pending).toHaveLength(0)
  })

  test('is removed by a replay that began after its answer, although a boundary hides it', () => {
    const recording = answered()
    recording.boundary('summary')
    expect(receive(sent('answered'), recording.full()).pending).toHaveLength(0)
  })

  test('stays when the replay began before its answer', () => {
    const recording = new Recording()
    const [replay, ...rest] = recording.full()
    const begun = receive(sent('sending'), [replay!])
    expect(receive(sent('answered', begun), rest).pending).toHaveLength(1)
  })

  test('stays when the replay breaks', () => {
    const recording = new Recording()
    const broken = disconnect(receive(sent('answered'), recording.full().slice(0, 1)))
    expect(broken.pending).toMatchObject([{ progress: 'answered' }])
  })
})

test('cut anywhere and resumed, with batches of any size, the view equals an uninterrupted one', () => {
  const recording = answered()
  recording.message('second', 'assistant')
  recording.open('second')
  for (const text of ['🦊', 'über', '\u0000', 'a'.repeat(500), ' end']) {
    recording.text('second', text)
    if (text.length < 5) recording.label('second', text)
  }
  recording.boundary('summary')
  recording.message('third', 'user', 'And now?')
  const step = fc.record({
    upTo: fc.integer({ min: 0, max: recording.head }),
    batch: fc.integer({ min: 1, max: 6 }),
    frames: fc.integer({ min: 0, max: 20 }),
    full: fc.boolean(),
    merged: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let state = emptySessionState
      for (const { upTo, batch, frames, full, merged } of [
        ...steps,
        { upTo: recording.head, batch: 3, frames: 100, full: false, merged: true },
      ]) {
        const head = Math.max(upTo, state.view.seq)
        const mode = modeOf(state)
        const isFull = full || mode.type === 'full'
        const from = isFull ? Math.max(0, head - batch) : state.view.seq
        const sent = [recording.replay(isFull ? 'full' : 'since', recording.viewAt(from).epoch)]
        if (isFull) sent.push(recording.messages(from))
        for (let at = from; at < head; at += batch) {
          sent.push(recording.batch(at, Math.min(head, at + batch), { merged, id: !isFull }))
        }
        sent.push(recording.caughtUp(isFull ? 'full' : 'since', head))
        const before = state.view.seq
        state = receive(state, sent.slice(0, frames))
        expect(state.view.seq).toBeGreaterThanOrEqual(before)
        expect(state.view.messages).toEqual(recording.viewAt(state.view.seq).messages)
        state = disconnect(state)
      }
      expect(shown(state)).toEqual(expected(recording))
    }),
    { numRuns: 500 },
  )
})

describe('a full replay of a view that fell too far behind', () => {
  /** Three turns, and an answer that is being written. */
  function exchanges() {
    const recording = new Recording()
    for (const turn of [1, 2, 3]) {
      recording.message(`u${turn}`, 'user', 'Hi')
      recording.message(`a${turn}`, 'assistant', 'Hello')
    }
    recording.message('a4', 'assistant')
    return recording
  }
  const idsOf = ({ view }: SessionState) => view.messages.map(({ id }) => id)

  test('keeps what was loaded before the window', () => {
    const recording = exchanges()
    const before = receive(emptySessionState, recording.full())
    recording.open('a4')
    recording.finish('a4')
    const after = receive(before, recording.tooFarBehind(7, 1))
    expect(shown(after)).toEqual(expected(recording))
    expect(after.view.messages[0]).toBe(before.view.messages[0])
    expect(after.view.hasOlder).toBe(false)
    expect(idsOf(receive(disconnect(before), recording.tooFarBehind(7, 1)))).toHaveLength(7)
  })

  test.each<[string, (recording: Recording) => unknown]>([
    ['edited', (recording) => recording.replace('u1', 'New')],
    ['deleted', (recording) => recording.delete('u1')],
    ['erased', (recording) => recording.erase('u1')],
  ])('keeps nothing where a message was %s', (_, change) => {
    const recording = exchanges()
    const before = receive(emptySessionState, recording.full())
    change(recording)
    recording.finish('a4')
    const after = receive(before, recording.tooFarBehind(7, 1))
    expect(idsOf(after)).toEqual(['a4'])
    expect(after.view.hasOlder).toBe(true)
  })

  test('keeps nothing if messages are missing before the window, or one is open', () => {
    const recording = exchanges()
    const before = receive(emptySessionState, recording.full())
    recording.finish('a4')
    recording.message('u5', 'user', 'More')
    // The window begins right after the view's last message, but that one is open.
    expect(idsOf(receive(before, recording.tooFarBehind(7, 1)))).toEqual(['u5'])
    const finished = receive(before, recording.since(7, 8))
    expect(idsOf(receive(finished, recording.tooFarBehind(8, 1)))).toHaveLength(8)
    recording.message('a5', 'assistant', 'Yes')
    expect(idsOf(receive(finished, recording.tooFarBehind(8, 1)))).toEqual(['a5'])
  })

  test('keeps nothing for a cursor that is not its own', () => {
    const recording = exchanges()
    const before = receive(emptySessionState, recording.full(6))
    expect(idsOf(receive(before, recording.tooFarBehind(7, 1)))).toEqual(['a4'])
  })

  test('shows the newest messages in their present state, without a gap, after any changes', () => {
    const step = fc.record({ kind: fc.nat({ max: 30 }), choice: fc.nat({ max: 30 }) })
    const stretch = fc.record({
      steps: fc.array(step, { maxLength: 6 }),
      cap: fc.integer({ min: 1, max: 5 }),
    })
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 6 }), (stretches) => {
        const recording = exchanges()
        recording.finish('a4')
        let state = receive(emptySessionState, recording.full())
        for (const { steps, cap } of stretches) {
          const from = recording.head
          for (const { kind, choice } of steps) edit(recording, kind, choice)
          state = receive(state, recording.tooFarBehind(from, cap))
          const { messages } = recording.viewAt()
          const held = state.view.messages
          expect(held).toEqual(messages.slice(messages.length - held.length))
          expect(held.length).toBeGreaterThanOrEqual(Math.min(cap, messages.length))
          expect(state.view.hasOlder).toBe(
            recording.viewAt().hasOlder || held.length < messages.length,
          )
        }
      }),
      { numRuns: 500 },
    )
  })
})

/** One change of a random kind, if the recording has something to change. */
function edit(recording: Recording, kind: number, choice: number): void {
  const { messages, canUndo, canRedo } = recording.viewAt()
  const chosen = messages[choice % Math.max(1, messages.length)]
  const next = recording.head + 1
  const growing = messages.filter(({ status }) => status === 'open')
  const open = growing[choice % Math.max(1, growing.length)]
  if (kind === 0 && chosen) recording.replace(chosen.id, `edited ${next}`)
  else if (kind === 1 && chosen) recording.delete(chosen.id)
  else if (kind === 2 && chosen) recording.erase(chosen.id)
  else if (kind === 3 && chosen) recording.truncate(chosen.order)
  else if (kind === 4 && canUndo && messages.some(({ role }) => role === 'user')) recording.undo()
  else if (kind === 5 && canRedo) recording.redo()
  else if (kind === 6) recording.import(`i${next}`, `j${next}`)
  else if (kind === 7) recording.message(`o${next}`, 'assistant')
  else if (kind > 7 && kind < 16 && open) {
    if (open.parts.length === 0) recording.open(open.id)
    else recording.text(open.id, `text ${next} `)
  } else recording.message(`m${next}`, next % 2 ? 'user' : 'assistant', `text ${next}`)
}

test('after random edits, with windows and pages, the view equals the end of the true history', () => {
  const step = fc.record({
    edits: fc.array(fc.tuple(fc.nat({ max: 18 }), fc.nat()), { maxLength: 4 }),
    /** How far behind the head a window or an older page is read. */
    behind: fc.nat({ max: 3 }),
    frames: fc.integer({ min: 1, max: 8 }),
    cap: fc.integer({ min: 1, max: 4 }),
    page: fc.boolean(),
  })
  let texts = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20, size: 'max' }), (steps) => {
      const recording = new Recording()
      // An answer that still grows when newer messages have pushed it out of the window.
      recording.message('early', 'assistant')
      recording.open('early')
      for (const n of [1, 2, 3, 4]) recording.message(`m${n}`, 'user', `text ${n}`)
      let state = emptySessionState
      /** When the newest page was read: a view that is behind it may show newer messages. */
      let pageAt = 0
      const still = { edits: [], behind: 0, frames: 100, cap: 3, page: true }
      // After any changes, three connections are enough to be caught up.
      for (const { edits, behind, frames, cap, page } of [...steps, still, still, still]) {
        let asked: { readAt: number; before: number | undefined } | undefined
        if (page && state.view.hasOlder && !state.older) {
          state = { ...state, older: { id: 1, changes: [] } }
          asked = { readAt: recording.head, before: state.view.messages[0]?.order }
        }
        for (const [kind, choice] of edits) edit(recording, kind, choice)
        const mode = modeOf(state)
        const from = mode.type === 'full' ? Math.max(0, recording.head - behind) : state.view.seq
        const sent =
          mode.type === 'full'
            ? [recording.replay('full'), recording.messages(from, cap)]
            : [recording.replay('since')]
        // Live from the head on after a window, else also from before it.
        const live = mode.type === 'full' ? recording.head : Math.max(from, recording.head - behind)
        for (let at = from; at < live; at++) {
          sent.push(recording.batch(at, at + 1, { id: mode.type !== 'full' }))
        }
        const { hasOlder } = recording.viewAt(from)
        const capped = hasOlder || recording.viewAt(from).messages.length > cap
        const { frame, eventId } = recording.caughtUp(mode.type === 'full' ? 'full' : 'since', live)
        sent.push({
          frame: { ...frame, hasOlder: capped } as SentFrame['frame'],
          eventId: eventId!,
        })
        for (let at = live; at < recording.head; at++) sent.push(recording.live(at, at + 1))
        texts += sent.filter((one) => one.frame.type === 'text').length
        for (const one of sent.slice(0, frames)) {
          const received = receiveFrame(state, one.frame, one.eventId)
          state = received.state
          if (received.gap) break
          if (state.view.seq < pageAt) continue
          const truth = recording.viewAt(state.view.seq).messages
          const held = state.view.messages
          expect(held).toEqual(truth.slice(truth.length - held.length))
          expect(state.view.hasOlder || held.length === truth.length).toBe(true)
        }
        if (asked) {
          const { readAt, before = Infinity } = asked
          const all = recording.viewAt(readAt).messages.filter(({ order }) => order < before)
          const messages = all.slice(-2)
          const older = all.length > 2
          pageAt = readAt
          state = receivePage(state, 1, pageOf(messages, readAt, { hasOlder: older }))
        }
        state = disconnect(state)
      }
      expect(state.view.seq).toBe(recording.head)
    }),
    { numRuns: 500 },
  )
  expect(texts).toBeGreaterThan(100)
})
