import assert from 'node:assert/strict'

import { emptyView } from '@caughtup/schema/fold'

import type { Storage } from '../../port/storage.ts'
import type { Bed, Cases } from '../support/bed.ts'
import {
  answer,
  chosen,
  compaction,
  deleted,
  delta,
  erased,
  imported,
  instead,
  message,
  opened,
  prompt,
  redo,
  replaced,
  truncated,
  turn,
  undo,
} from '../support/drafts.ts'
import { allEvents, allMessages, rowOf, shownIds } from '../support/reads.ts'
import { foldAll, freshView, sameIn } from '../support/views.ts'
import { refusalOf, write, writeEach } from '../support/writes.ts'

/** What is shown, with versions as `id 2/3`. */
async function shown(storage: Storage, session: string): Promise<string[]> {
  return (await allMessages(storage, session)).map(({ id, version }) =>
    version ? `${id} ${version.index}/${version.count}` : id,
  )
}

async function listed(storage: Storage, session: string, id: string) {
  const versions = await storage.versions(session, id)
  return versions?.map((each) => [each.message.id, each.index, each.shown, each.count])
}

/** A prompt `p` with three answers, of which the last is shown. */
async function threeAnswers(bed: Bed) {
  const { storage, session } = await bed.start()
  await writeEach(storage, session, [prompt('p'), answer('a1'), answer('x1')])
  await write(storage, session, instead({ after: 'p' }, answer('a2')))
  await write(storage, session, instead({ after: 'p' }, answer('a3')))
  return { storage, session }
}

export const versionCases: Cases = {
  async 'is listed with what has streamed into it'(bed) {
    const { storage, session } = await threeAnswers(bed)
    await write(storage, session, instead({ after: 'p' }, opened('a4')))
    await write(storage, session, [delta('a4', 'Streamed')])
    for (const each of [storage, await bed.open()]) {
      const versions = await each.versions(session, 'a4')
      assert.deepEqual(versions?.at(-1)?.message, await each.message(session, 'a4'))
    }
  },

  async 'keeps what another answer takes the place of'(bed) {
    const { storage, session } = await threeAnswers(bed)
    for (const each of [storage, await bed.open()]) {
      assert.deepEqual(await shown(each, session), ['p', 'a3 3/3'])
      assert.deepEqual(await listed(each, session, 'a3'), [
        ['a1', 1, false, 2],
        ['a2', 2, false, 1],
        ['a3', 3, true, 1],
      ])
      assert.deepEqual(await listed(each, session, 'a1'), await listed(each, session, 'a3'))
      assert.deepEqual(await listed(each, session, 'p'), [['p', 1, true, 2]])
      assert.equal(await listed(each, session, 'x1'), undefined, 'It begins no version.')
      assert.equal((await each.state(session)).messageCount, 2)
    }
  },

  async 'shows the version that is chosen, and goes on in it'(bed) {
    const { storage, session } = await threeAnswers(bed)
    const { events } = await write(storage, session, [chosen('a1')])
    const [event] = events
    assert(event?.type === 'history-restored')
    const { after, count, hidden, messages, canUndo, next } = event
    assert.deepEqual([after, count, hidden, canUndo, next], [1, 2, 1, true, 0])
    assert.deepEqual(
      messages?.map(({ id, revision }) => [id, revision]),
      [
        ['a1', 8],
        ['x1', 3],
      ],
    )
    assert.deepEqual(await shown(storage, session), ['p', 'a1 1/3', 'x1'])
    await write(storage, session, [prompt('q')])
    await write(storage, session, [chosen('a2')])
    assert.deepEqual(await shown(storage, session), ['p', 'a2 2/3'])
    await write(await bed.open(), session, [chosen('a1')])
    assert.deepEqual(await shown(storage, session), ['p', 'a1 1/3', 'x1', 'q'])
    assert.equal((await storage.state(session)).messageCount, 4)
  },

  async 'finds only what is shown, and counts only that as unread'(bed) {
    const { storage, session } = await threeAnswers(bed)
    const found = async () =>
      (await storage.search({ text: 'Hello', in: { sessionId: session }, limit: 9 })).map(
        ({ messageId }) => messageId,
      )
    assert.deepEqual(await found(), ['a3'])
    assert.equal((await rowOf(storage, 'ann', session))?.unread, 1)
    await write(storage, session, [chosen('a1')])
    assert.deepEqual(await found(), ['x1', 'a1'])
    assert.equal((await rowOf(storage, 'ann', session))?.unread, 2)
  },

  async 'has versions of a prompt, and versions within them'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), prompt('b1'), answer('b1a')])
    await write(storage, session, instead({ after: 'b1' }, answer('b1b')))
    await write(storage, session, instead({ before: 'b1' }, prompt('b2')))
    await writeEach(storage, session, [answer('b2a')])
    assert.deepEqual(await shown(storage, session), ['a-prompt', 'a-answer', 'b2 2/2', 'b2a'])
    assert.equal(await refusalOf(storage, session, [chosen('b1a')]), 'message-missing')
    assert.equal(await listed(storage, session, 'b1a'), undefined)
    await write(storage, session, [chosen('b1')])
    assert.deepEqual(await shown(storage, session), ['a-prompt', 'a-answer', 'b1 1/2', 'b1b 2/2'])
    await write(storage, session, [chosen('b1a')])
    assert.deepEqual(await shown(storage, session), ['a-prompt', 'a-answer', 'b1 1/2', 'b1a 1/2'])
  },

  async 'redoes what was hidden last, and undoes to the same place'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), ...turn('b'), undo, ...turn('c'), undo])
    const { head } = await storage.state(session)
    assert.deepEqual([head.canRedo, head.next], [true, 2])
    await write(storage, session, [redo])
    assert.deepEqual((await shown(storage, session)).slice(2), ['c-prompt 2/2', 'c-answer'])
    assert.equal(await refusalOf(storage, session, [redo]), 'nothing-to-redo')
    await writeEach(storage, session, [chosen('b-prompt'), undo, redo])
    assert.deepEqual((await shown(storage, session)).slice(2), ['b-prompt 1/2', 'b-answer'])
  },

  async 'drops the oldest versions of a place, and all within them'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [prompt('p'), answer('a1'), prompt('q'), answer('q1')])
    await write(storage, session, instead({ after: 'q' }, answer('q2')))
    for (const id of ['a2', 'a3', 'a4']) {
      await write(storage, session, instead({ after: 'p' }, answer(id), 3))
    }
    assert.deepEqual(await shown(storage, session), ['p', 'a4 3/3'])
    const ids = (await listed(storage, session, 'a4'))?.map(([id]) => id)
    assert.deepEqual(ids, ['a2', 'a3', 'a4'])
    for (const id of ['a1', 'q', 'q1', 'q2']) {
      assert.equal(await refusalOf(storage, session, [prompt(id)]), 'message-gone', id)
    }
  },

  async 'never drops the version that was shown just now'(bed) {
    const { storage, session } = await threeAnswers(bed)
    await write(storage, session, [chosen('a1')])
    await write(storage, session, instead({ after: 'p' }, answer('a4'), 2))
    assert.deepEqual(await shown(storage, session), ['p', 'a4 2/2'])
    await write(storage, session, [chosen('a1')])
    assert.deepEqual(await shown(storage, session), ['p', 'a1 1/2', 'x1'])
  },

  async 'counts anew when a version is erased, and has none when one is left'(bed) {
    const { storage, session } = await threeAnswers(bed)
    const { events } = await write(storage, session, [erased('a1', 'x1')])
    const [event] = events
    assert(event?.type === 'message-erased')
    assert.deepEqual(event.marks, [{ messageId: 'a3', index: 2, count: 2 }])
    assert.deepEqual(await shown(storage, session), ['p', 'a3 2/2'])
    assert.equal((await storage.message(session, 'a3'))?.revision, event.seq)
    await write(await bed.open(), session, [erased('a2')])
    assert.deepEqual(await shown(storage, session), ['p', 'a3'])
    assert.equal((await storage.message(session, 'a3'))?.version, undefined)
  },

  async 'begins a version with its next message when the first is removed'(bed) {
    const { storage, session } = await threeAnswers(bed)
    await write(storage, session, [erased('a1')])
    assert.deepEqual(
      (await listed(storage, session, 'a3'))?.map(([id]) => id),
      ['x1', 'a2', 'a3'],
    )
    await write(storage, session, [chosen('x1')])
    await writeEach(storage, session, [answer('y1'), deleted('x1')])
    assert.deepEqual(await shown(storage, session), ['p', 'y1 3/3'])
  },

  async 'moves the versions after a removed message to the place before it'(bed) {
    const { storage, session } = await threeAnswers(bed)
    await writeEach(storage, session, [deleted('p')])
    assert.deepEqual(await shown(storage, session), ['a3 3/3'])
    await write(storage, session, [chosen('a2')])
    assert.deepEqual(await shown(storage, session), ['a2 2/3'])
    await write(storage, session, [deleted('a2')])
    const { head } = await storage.state(session)
    assert.deepEqual([head.canRedo, head.next], [true, 2])
    await write(storage, session, [redo])
    assert.deepEqual(await shown(storage, session), ['a3 2/2'])
  },

  async 'removes versions for good with what they follow'(bed) {
    const { storage, session } = await threeAnswers(bed)
    await writeEach(storage, session, [prompt('q'), truncated('p')])
    const { head } = await storage.state(session)
    assert.deepEqual([head.canRedo, head.next], [false, 0])
    await write(storage, session, [answer('a4')])
    assert.deepEqual(await shown(storage, session), ['p', 'a4'])
    for (const id of ['a1', 'x1', 'a2', 'a3']) {
      assert.equal(await refusalOf(storage, session, [prompt(id)]), 'message-gone', id)
    }
  },

  async 'leaves versions of another branch alone when it truncates'(bed) {
    const { storage, session } = await threeAnswers(bed)
    await write(storage, session, instead({ after: 'a3' }, prompt('q')))
    await writeEach(storage, session, [truncated('a3'), chosen('a1')])
    assert.deepEqual(await shown(storage, session), ['p', 'a1 1/3', 'x1'])
  },

  async 'marks the first imported message'(bed) {
    const { storage, session } = await bed.start()
    await writeEach(storage, session, [...turn('a'), undo])
    await write(storage, session, [imported([message('i', 'x'), message('j', 'y')])])
    assert.deepEqual(await shown(storage, session), ['i 2/2', 'j'])
  },

  async 'keeps the version of a message that is replaced'(bed) {
    const { storage, session } = await threeAnswers(bed)
    await write(storage, session, [replaced('a3', 'Better')])
    assert.deepEqual(await shown(storage, session), ['p', 'a3 3/3'])
  },

  async 'refuses versions that are shown, of an older epoch, or unknown'(bed) {
    const { storage, session } = await threeAnswers(bed)
    const refusal = (id: string) => refusalOf(storage, session, [chosen(id)])
    assert.equal(await refusal('a3'), 'shown-already')
    assert.equal(await refusal('x1'), 'message-missing')
    assert.equal(await refusal('nobody'), 'message-missing')
    await writeEach(storage, session, [compaction('s'), answer('z')])
    assert.equal(await refusal('a1'), 'message-missing')
    assert.equal(await storage.versions(session, 'a3'), undefined)
    assert.equal((await storage.state(session)).head.canRedo, false)
    assert.deepEqual(await shownIds(storage, session), ['s', 'z'])
  },

  async 'gives a large version without its messages, so that views need a window'(bed) {
    const { storage, session } = await bed.start()
    const large = 'x'.repeat(200_000)
    await writeEach(storage, session, [prompt('p'), answer('a1', large), answer('x1')])
    await write(storage, session, instead({ after: 'p' }, answer('a2')))
    const before = await freshView(storage, session)
    const { events } = await write(storage, session, [chosen('a1')])
    const [event] = events
    assert(event?.type === 'history-restored')
    assert.equal(event.messages, undefined)
    assert.deepEqual([event.after, event.count, event.hidden], [1, 2, 1])
    assert.equal(foldAll(before, events), undefined)
    assert.deepEqual(await shown(storage, session), ['p', 'a1 1/2', 'x1'])
    assert.equal((await storage.state(session)).messageCount, 3)
  },

  async 'is the same in a view that follows every change'(bed) {
    const { storage, session } = await threeAnswers(bed)
    await writeEach(storage, session, [chosen('a1'), chosen('a2'), erased('a1'), undo, redo])
    const view = foldAll(emptyView, await allEvents(storage, session))
    assert(view)
    assert.deepEqual(sameIn(view), sameIn(await freshView(storage, session)))
  },
}
