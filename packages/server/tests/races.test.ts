import type { AgentPart, ChatFrame } from '@caughtup/schema'
import { settle } from '@caughtup/schema/testing'
import { memory } from '@caughtup/store/memory'
import fc, { type Scheduler } from 'fast-check'
import { describe, expect, test } from 'vitest'

import { Follower } from './support/follower.ts'
import { openTestServer, readUntil } from './support/open-test-server.ts'
import { ScheduledStorage } from './support/scheduled-storage.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'

const call = (toolCallId: string): AgentPart => ({
  type: 'tool-call',
  toolCallId,
  toolName: 'ask',
  input: {},
})
/** `done`, or the code and the reason of the error. */
function outcomeOf(result: PromiseSettledResult<unknown>): string {
  if (result.status === 'fulfilled') return 'done'
  const { code, data }: { code: string; data?: { reason?: string } } = result.reason
  return data?.reason === undefined ? code : `${code} ${data.reason}`
}

/** How many schedules of each race there are, and the seed of a failure, to play it again. */
const { CAUGHTUP_RUNS: runs = '20', CAUGHTUP_SEED: seed } = process.env

/** Plays a race in schedules of its calls of the database. */
async function races(play: (world: World, scheduler: Scheduler) => Promise<void>): Promise<void> {
  const property = fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, apart) => {
    const world = await openWorld(apart)
    await play(world, scheduler)
    await world.isWhole()
    await world.close()
  })
  const again = seed === undefined ? {} : { seed: Number(seed) }
  await fc.assert(property, { numRuns: Number(runs), ...again })
}

type World = Awaited<ReturnType<typeof openWorld>>

/**
 * A session of Ann and Bob, with a turn that is finished, and somebody who follows it. Both call the same
 * process, or each another one.
 */
async function openWorld(apart: boolean) {
  const storage = new ScheduledStorage(memory())
  const scripted = new ScriptedAgent()
  const open = () =>
    openTestServer({
      agent: scripted.agent,
      storage,
      summarise: async () => 'In short.',
      lease: 1e9,
      // So that a removal is noticed at once or never.
      recheck: 1e9,
      closes: true,
    })
  const here = await open()
  const there = apart ? await open() : here
  const [ann, bob] = [here.client('ann'), there.client('bob')]
  const { store } = here
  const { id: sessionId } = await store.sessions.create({ owner: 'ann', members: ['bob'] })
  const follower = new Follower()
  const stream = await ann.onChat({ sessionId, mode: { type: 'full' } })
  follower.take(await readUntil(stream, 'caught-up'))
  const reading = (async () => {
    for await (const frame of stream) follower.take([frame])
  })()
  const head = async () => (await store.head(sessionId)).head
  const over = (runId: string) =>
    expect.poll(async () => (await head()).run?.id, { interval: 1 }).not.toBe(runId)
  /** The next run that is not over: a process need not know yet that another one ended its run. */
  const begun = async () => {
    for (;;) {
      const run = await scripted.run()
      if (run.context.runId === (await head()).run?.id) return run
    }
  }
  const send = (text: string, from = ann) =>
    from.messages.send({ sessionId, text, messageId: text })
  const shown = async () => {
    const { messages } = await ann.history.loadMore({ sessionId })
    return messages.map(({ id, role, parts: [part], version }) => {
      const text = role === 'user' ? id : part?.type === 'text' ? part.text : ''
      return version ? `${text} ${version.index}/${version.count}` : text
    })
  }
  const answer = async (text: string) => {
    const run = await begun()
    run.say(text)
    run.finish()
    await over(run.context.runId)
    return run.context
  }
  /** Lets the agent ask for the answers to these calls, and wait. */
  const ask = async (...calls: string[]) => {
    const { runId } = await send('ask', bob)
    const run = await begun()
    for (const id of calls) run.yield(call(id))
    run.finish()
    await expect.poll(async () => (await head()).run?.status, { interval: 1 }).toBe('waiting')
    return runId
  }
  /** Ends everything that runs, waits or is queued. */
  const drain = async () => {
    for (;;) {
      const { run, queue } = await head()
      if (!run && queue.length === 0) return
      if (run) await ann.runs.interrupt({ sessionId, runId: run.id })
      await settle()
    }
  }
  /** What holds after every race. */
  const isWhole = async () => {
    const { head: now, open } = await store.head(sessionId)
    expect(open.map(({ metadata }) => metadata.runId)).toEqual(open.map(() => now.run?.id))
    await drain()
    const last = await store.head(sessionId)
    expect(last.open).toEqual([])
    await expect.poll(() => follower.view.seq, { interval: 1 }).toBe(last.head.seq)
    const fresh = new Follower()
    const again = await ann.onChat({ sessionId, mode: { type: 'full' } })
    fresh.take(await readUntil(again, 'caught-up'))
    await again.return?.()
    expect(follower.view).toEqual(fresh.view)
    const { events } = await store.events(sessionId, 0, { bytes: 1e9 })
    const begins = events.flatMap((event) => (event.type === 'run-started' ? [event.run.id] : []))
    const ends = events.flatMap((event) => (event.type === 'run-ended' ? [event.runId] : []))
    expect(ends).toEqual(begins)
  }
  const close = async () => {
    await Promise.all([here.chat.close(), there.chat.close()])
    await reading
    await store.close()
    if (apart) await there.store.close()
  }
  await send('first')
  await answer('One')
  return {
    storage,
    store,
    ann,
    bob,
    sessionId,
    head,
    begun,
    send,
    shown,
    answer,
    ask,
    isWhole,
    close,
  }
}

describe('in every schedule of the calls of the database', () => {
  test('an answer to a tool call and an interruption leave one end of the run', async () => {
    await races(async ({ storage, ann, bob, sessionId, ask, store }, scheduler) => {
      const runId = await ask('a')
      const [answered, interrupted] = await storage.race(
        scheduler,
        () => bob.runs.respond({ sessionId, runId, toolCallId: 'a', output: 1 }),
        () => ann.runs.interrupt({ sessionId, runId }),
      )
      expect(interrupted).toMatchObject({ status: 'fulfilled', value: { interrupted: true } })
      expect(['done', 'CONFLICT answered', 'CONFLICT run-not-waiting']).toContain(
        outcomeOf(answered),
      )
      const { events } = await store.events(sessionId, 0, { bytes: 1e9 })
      const end = events.findLast(({ type }) => type === 'run-ended')
      expect(end).toMatchObject({ runId, reason: 'interrupted' })
    })
  })

  test('a run that begins to wait is ended by an interruption', async () => {
    await races(async ({ storage, ann, sessionId, send, begun, head }, scheduler) => {
      await send('ask')
      const run = await begun()
      run.yield(call('a'))
      run.finish()
      const [interrupted] = await storage.race(scheduler, () => ann.runs.interrupt({ sessionId }))
      expect(interrupted).toMatchObject({ status: 'fulfilled', value: { interrupted: true } })
      expect((await head()).run).toBeUndefined()
    })
  })

  test('two answers to one call have one winner', async () => {
    await races(async ({ storage, ann, bob, sessionId, ask, head, begun }, scheduler) => {
      const runId = await ask('a')
      const answers = await storage.race(
        scheduler,
        () => ann.runs.respond({ sessionId, runId, toolCallId: 'a', output: 'ann' }),
        () => bob.runs.respond({ sessionId, runId, toolCallId: 'a', output: 'bob' }),
      )
      const won = answers.findIndex(({ status }) => status === 'fulfilled')
      expect(answers[won]).toMatchObject({ value: { resumed: true } })
      expect(answers.map(outcomeOf)[1 - won]).toBe('CONFLICT answered')
      const { context } = await begun()
      expect(context.messages.at(-1)?.parts).toMatchObject([{ output: ['ann', 'bob'][won] }])
      expect((await head()).run).toMatchObject({ id: runId, status: 'streaming' })
    })
  })

  test('answers to two calls are both taken, and the agent goes on once', async () => {
    await races(async ({ storage, ann, bob, sessionId, ask, answer, shown }, scheduler) => {
      const runId = await ask('a', 'b')
      const answers = await storage.race(
        scheduler,
        () => ann.runs.respond({ sessionId, runId, toolCallId: 'a', output: 1 }),
        () => bob.runs.respond({ sessionId, runId, toolCallId: 'b', output: 2 }),
      )
      const resumed = answers.map((each) => each.status === 'fulfilled' && each.value.resumed)
      expect(new Set(resumed)).toEqual(new Set([false, true]))
      const { messages } = await answer('Thanks')
      expect(messages.at(-1)?.parts).toMatchObject([{ output: 1 }, { output: 2 }])
      expect(await shown()).toHaveLength(4)
    })
  })

  test('a choice and a prompt: the prompt follows what is shown, and the model sees the same', async () => {
    await races(async ({ storage, ann, bob, sessionId, send, answer, shown }, scheduler) => {
      const { messages } = await ann.history.loadMore({ sessionId })
      await ann.messages.retry({ sessionId })
      await answer('Two')
      const [choice, sent] = await storage.race(
        scheduler,
        () => ann.messages.choose({ sessionId, messageId: messages[1]!.id }),
        () => send('next', bob),
      )
      expect(sent.status).toBe('fulfilled')
      expect(['done', 'CONFLICT run-active']).toContain(outcomeOf(choice))
      const before = choice.status === 'fulfilled' ? 'One 1/2' : 'Two 2/2'
      const context = await answer('Reply')
      expect(context.messages.map(({ parts }) => parts[0])).toMatchObject([
        { text: 'first' },
        { text: before.slice(0, 3) },
        { text: 'next' },
      ])
      expect(await shown()).toEqual(['first', before, 'next', 'Reply'])
    })
  })

  test('two retries both answer, one after the other or in its place, and no version is lost', async () => {
    await races(async ({ storage, ann, bob, sessionId, answer, shown, head }, scheduler) => {
      const retried = await storage.race(
        scheduler,
        () => ann.messages.retry({ sessionId, answerId: 'a' }),
        () => bob.messages.retry({ sessionId, answerId: 'b' }),
      )
      expect(retried.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
      await answer('Last')
      expect(await head()).not.toHaveProperty('run')
      expect((await head()).queue).toEqual([])
      expect(await shown()).toEqual(['first', 'Last 3/3'])
      const messageId = (await ann.history.loadMore({ sessionId })).messages[1]!.id
      const { versions } = await ann.messages.versions({ sessionId, messageId })
      const ids = versions.map(({ message }) => message.id)
      expect(ids.slice(1).toSorted()).toEqual(['a', 'b'])
    })
  })

  test('a retry and a compaction: the retry answers before it, or is refused after it', async () => {
    await races(async ({ storage, ann, bob, sessionId, answer, shown, store }, scheduler) => {
      const [retried, compacted] = await storage.race(
        scheduler,
        () => bob.messages.retry({ sessionId, answerId: 'again' }),
        () => ann.history.compact({ sessionId }),
      )
      expect(compacted.status).toBe('fulfilled')
      const outcomes = ['done', 'CONFLICT nothing-to-retry', 'NOT_FOUND']
      expect(outcomes).toContain(outcomeOf(retried))
      const isDone = retried.status === 'fulfilled'
      if (isDone) await answer('Again')
      const again = await store.message(sessionId, 'again')
      expect(again?.epoch).toBe(isDone ? 0 : undefined)
      expect(isDone || (await shown()).join('')).toBe(isDone || 'In short.')
    })
  })

  test.each(['send', 'respond', 'open', 'signal', 'edit', 'retry'] as const)(
    'a member who is removed while it does this (%s) did it, or is told that there is no session',
    async (deed) => {
      await races(async ({ storage, store, ann, bob, sessionId, ask, send, answer }, scheduler) => {
        await send('own', bob)
        await answer('Two')
        const runId = deed === 'respond' ? await ask('a') : ''
        const frames: ChatFrame[] = []
        const follow = async () => {
          const stream = await bob.onChat({ sessionId, mode: { type: 'full' } })
          for await (const frame of stream) frames.push(frame)
        }
        const before = follow()
        await expect
          .poll(() => frames.map(({ type }) => type), { interval: 1 })
          .toContain('caught-up')
        frames.length = 0
        const deeds = {
          send: () => send('last', bob),
          respond: () => bob.runs.respond({ sessionId, runId, toolCallId: 'a', output: 1 }),
          open: follow,
          signal: () => bob.sessions.signal({ sessionId, name: 'typing', data: 1 }),
          edit: () => bob.messages.edit({ sessionId, messageId: 'own', text: 'Changed' }),
          retry: () => bob.messages.retry({ sessionId }),
        }
        const removal = { sessionId, principal: 'bob' }
        const [did, removed] = await storage.race<[unknown, unknown]>(scheduler, deeds[deed], () =>
          ann.sessions.removeMember(removal),
        )
        expect(removed).toMatchObject({ status: 'fulfilled', value: { removed: true } })
        expect(['done', 'NOT_FOUND']).toContain(outcomeOf(did))
        await before
        expect(frames.at(-1)).toEqual({ type: 'end', reason: 'forbidden' })
        await send('secret')
        await settle()
        expect(JSON.stringify(frames)).not.toContain('secret')
        await expect(deeds[deed]()).rejects.toMatchObject({ code: 'NOT_FOUND' })
        expect(await store.sessions.members(sessionId)).toEqual(['ann'])
      })
    },
  )
})
