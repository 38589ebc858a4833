import assert from 'node:assert/strict'

import type { EventDraft } from '@caughtup/schema'

import { examinedPrompts } from '../../core/reading/prompts.ts'
import type { PromptPlace } from '../../port/reading.ts'
import type { Storage } from '../../port/storage.ts'
import type { Cases } from '../support/bed.ts'
import { created, deleted, erased, imported, message, redo, undo } from '../support/drafts.ts'
import { maintainAll } from '../support/reads.ts'
import { write, writeEach } from '../support/writes.ts'

function sent(id: string, createdAt: number, author = 'ann'): EventDraft {
  return created(message(id, `Prompt ${id}`, { role: 'user', createdAt, author }))
}

/** Ids of a principal's prompts, with pages of each size. */
async function recalled(storage: Storage, author = 'ann'): Promise<string[]> {
  const whole = await pages(storage, author, { limit: 99, bytes: 1e9 })
  for (const query of [{ limit: 1 }, { limit: 2 }, { limit: 99, bytes: 1 }]) {
    const paged = await pages(storage, author, { bytes: 1e9, ...query })
    assert.deepEqual(paged, whole, JSON.stringify(query))
  }
  return whole
}

async function pages(
  storage: Storage,
  author: string,
  query: { limit: number; bytes: number },
): Promise<string[]> {
  const ids: string[] = []
  for (let after: PromptPlace | undefined; ;) {
    const { prompts, next } = await storage.prompts({ author, ...query, ...(after && { after }) })
    assert(prompts.length <= query.limit)
    for (const {
      sessionId,
      message: { id },
    } of prompts)
      ids.push(`${sessionId} ${id}`)
    if (!next) return ids
    after = next
  }
}

export const promptCases: Cases = {
  async 'are those of their author in all sessions, newest first, also at equal times'(bed) {
    const storage = await bed.open()
    const [a, b] = [await bed.session(storage), await bed.session(storage)]
    const theirs = await bed.session(storage, { members: ['bob', 'ann'] })
    await writeEach(storage, a, [sent('1', 5), sent('2', 7), sent('3', 7)])
    await writeEach(storage, b, [sent('1', 6), sent('2', 7), sent('3', 4)])
    await writeEach(storage, theirs, [sent('1', 8, 'bob'), sent('2', 3), sent('3', 9, 'eve')])
    await write(storage, a, [created(message('4', 'An answer', { createdAt: 9, author: 'ann' }))])
    await write(storage, b, [created(message('4', 'x', { role: 'user', createdAt: 9 }))])
    const other = await bed.open()
    const expected = [`${b} 2`, `${a} 3`, `${a} 2`, `${b} 1`, `${a} 1`, `${b} 3`, `${theirs} 2`]
    for (let round = 0; round < 2; round++) {
      for (const reader of [storage, other]) {
        assert.deepEqual(await recalled(reader), expected)
        assert.deepEqual(await recalled(reader, 'bob'), [`${theirs} 1`])
        assert.deepEqual(await recalled(reader, 'eve'), [])
      }
      await maintainAll(storage)
    }
    const { prompts } = await storage.prompts({ author: 'bob', limit: 9, bytes: 9 })
    const found = await storage.message(theirs, '1')
    assert.deepEqual(prompts, [{ sessionId: theirs, message: found }])
  },

  async 'are those that are shown, in sessions that their author still sees'(bed) {
    const storage = await bed.open()
    const members = ['bob', 'ann']
    const kept = await bed.session(storage, { members })
    const left = await bed.session(storage, { members })
    const gone = await bed.session(storage, { members })
    await writeEach(storage, kept, [sent('1', 1), sent('2', 2), sent('3', 3), sent('4', 4)])
    await writeEach(storage, left, [sent('1', 5), sent('2', 6)])
    await writeEach(storage, gone, [sent('1', 7), sent('2', 8)])
    await writeEach(storage, kept, [erased('1'), deleted('2'), undo])
    await storage.removeMember(left, 'ann')
    await storage.deleteSession(gone)
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(await recalled(storage), [`${kept} 3`])
      await maintainAll(storage)
    }
    await write(storage, kept, [redo])
    await storage.addMember(left, 'ann', 9)
    const all = [`${left} 2`, `${left} 1`, `${kept} 4`, `${kept} 3`]
    assert.deepEqual(await recalled(storage), all)
  },

  async 'are those of imports, forks and copies too'(bed) {
    const { storage, session } = await bed.start()
    const rows = [message('i', 'There', { role: 'user', createdAt: 5, author: 'ann' })]
    await write(storage, session, [imported(rows)])
    await write(storage, session, [sent('1', 6)])
    const fork = { id: 'fork', title: '', createdAt: 7, members: ['ann'] }
    await storage.beginFork({ sourceId: session, upTo: 1, session: fork })
    assert.deepEqual(await recalled(storage), [`${session} 1`, `${session} i`])
    while (await storage.maintain({ fork: 'fork' }));
    const all = [`${session} 1`, 'fork i', `${session} i`]
    assert.deepEqual(await recalled(storage), all)
    await storage.deleteSession('fork')
    const copied = await bed.openOther()
    for (let copy = await storage.readSession(session); ;) {
      await copied.writeSession(copy)
      if (!copy.next) break
      copy = await storage.readSession(session, copy.next)
    }
    assert.deepEqual(await recalled(copied), [`${session} 1`, `${session} i`])
  },

  async 'lead on behind any number of them in sessions that their author left'(bed) {
    const storage = await bed.open()
    const kept = await bed.session(storage, { members: ['ann'] })
    const left = await bed.session(storage, { members: ['bob', 'ann'] })
    await write(storage, kept, [sent('1', 1)])
    const many = Array.from({ length: 2 * examinedPrompts + 1 }, (_, n) => sent(`m${n}`, 2))
    for (let n = 0; n < many.length; n += 500) await write(storage, left, many.slice(n, n + 500))
    await maintainAll(storage)
    await storage.removeMember(left, 'ann')
    const first = await storage.prompts({ author: 'ann', limit: 9, bytes: 1e9 })
    assert.deepEqual(first.prompts, [])
    assert(first.next)
    assert.deepEqual(await pages(storage, 'ann', { limit: 9, bytes: 1e9 }), [`${kept} 1`])
  },
}
