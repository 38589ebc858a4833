import { copyFileSync } from 'node:fs'

import type { Event } from '@caughtup/schema'
import { applyEvent, emptyView, type View } from '@caughtup/schema/fold'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Store } from './store.ts'
import {
  ended,
  openTestStore,
  startRun,
  testDatabase,
  type TestRun,
} from './testing/open-test-store.ts'

/** What a program does next with its one session. */
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('text'), text: fc.string({ minLength: 1 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('reasoning'), text: fc.string({ minLength: 1 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('tool', 'flush', 'window') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('finish', 'interrupt') }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('compaction', 'reset', 'reopen', 'crash') }),
  },
)
type Step = { do: string; text?: string }

function foldAll(view: View, events: readonly Event[]): View {
  return events.reduce((current, event) => {
    const applied = applyEvent(current, event)
    expect(applied.result).toBe('applied')
    return applied.view
  }, view)
}

/** What a fresh client sees, as a view. */
async function freshView(store: Store, sessionId: string): Promise<View> {
  const { messages, head, hasOlder } = await store.window(sessionId)
  const { seq, epoch, run, queue, usage, contextUsage, canUndo, canRedo } = head
  return {
    seq,
    epoch,
    queue,
    canUndo,
    canRedo,
    messages,
    hasOlder,
    skipped: 0,
    ...(run && { run }),
    ...(usage && { usage }),
    ...(contextUsage && { contextUsage }),
  }
}

test('a fresh load equals the fold of the journal, and of a snapshot at every cut with the rest', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps: Step[]) => {
      let path = testDatabase()
      let { store, clock } = await openTestStore({ path })
      const session = (await store.sessions.create({ owner: 'me' })).id
      const snapshots: View[] = [await freshView(store, session)]
      let run: TestRun | undefined
      let writer: ReturnType<Store['writer']> | undefined
      let boundaries = 0
      let tools = 0

      const end = async (reason: 'stop' | 'interrupted') => {
        if (run) await writer?.finish({ reason, usage: { outputTokens: 1 } }, [ended(run.runId)])
        run = writer = undefined
      }
      const reopen = async (crash: boolean) => {
        await store.flushAll()
        const next = crash ? testDatabase() : path
        if (crash) for (const suffix of ['', '-wal']) copyFileSync(path + suffix, next + suffix)
        else await store.close()
        path = next
        ;({ store, clock } = await openTestStore({ path }))
        const { open } = await store.head(session)
        expect(open.map(({ id }) => id)).toEqual(run ? [run.messageId] : [])
        if (run) writer = store.writer({ ...run, partCount: open[0]?.parts.length ?? 0 })
      }

      for (const { do: action, text = '' } of steps) {
        switch (action) {
          case 'text':
          case 'reasoning':
            run ??= await startRun(store, session)
            writer ??= store.writer(run)
            await writer.write({ type: action === 'text' ? 'text-delta' : 'reasoning-delta', text })
            break
          case 'tool':
            if (!writer) break
            tools++
            await writer.write({ type: 'tool-input-start', id: `t${tools}`, toolName: 'read' })
            await writer.write({ type: 'tool-input-delta', id: `t${tools}`, delta: '{"a":' })
            break
          case 'flush':
            await clock.advance(33)
            break
          case 'window':
            snapshots.push(await freshView(store, session))
            break
          case 'finish':
            await end('stop')
            break
          case 'interrupt':
            await end('interrupted')
            break
          case 'compaction':
          case 'reset': {
            await end('stop')
            const summary = {
              id: `summary-${++boundaries}`,
              role: 'system' as const,
              parts: [{ type: 'text' as const, text: 'So far …' }],
              metadata: { createdAt: 1 },
              status: 'done' as const,
            }
            await store.append({
              sessionId: session,
              drafts: [
                {
                  type: 'boundary',
                  kind: action,
                  trigger: 'user',
                  ...(action === 'compaction' && { summary }),
                },
              ],
            })
            break
          }
          case 'reopen':
          case 'crash':
            await reopen(action === 'crash')
            break
        }
      }

      const fresh = await freshView(store, session)
      const { events } = await store.events(session, 0, { bytes: 1e9 })
      expect(foldAll(emptyView, events)).toEqual(fresh)
      for (const snapshot of snapshots) {
        const rest = await store.events(session, snapshot.seq, { bytes: 1e9 })
        expect(foldAll(snapshot, rest.events)).toEqual(fresh)
      }
      await store.close()
    }),
    { numRuns: 150 },
  )
}, 120_000)
