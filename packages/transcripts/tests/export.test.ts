import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'

import { describe, expect, test } from 'vitest'

import { jsonLines } from './support/read-items.ts'
import { chatMessage, numbers, uiMessage } from './support/plain-messages.ts'
import { Caughtup, runHere } from './support/run-caughtup.ts'
import { messagesOf, testFolder, withStore } from './support/test-folder.ts'

// Starting a process takes long on a busy machine.
const slow = { timeout: 60_000 }

describe('export', () => {
  /** A database with one session of more than a page. */
  async function imported(messages: readonly object[]) {
    const place = testFolder()
    const chat = place.file('chat.jsonl', jsonLines(messages))
    const { stdout } = await runHere(['import', chat, '--db', place.db, '--owner', 'me'])
    return { ...place, session: stdout.trim() }
  }

  test.each(['ui', 'openai'])('is imported elsewhere unchanged as %s', async (format) => {
    const { db, session, file } = await imported(numbers(450).map(uiMessage))
    const out = file('out.jsonl')
    const args = ['export', '--db', db, '--session', session, '--format', format, '--out', out]
    expect(await runHere(args)).toEqual({ code: 0, stdout: '', stderr: '' })
    const other = testFolder().db
    const { stdout } = await runHere(['import', out, '--db', other, '--owner', 'me'])
    const [before, after] = [await messagesOf(db, session), await messagesOf(other, stdout.trim())]
    expect(before).toHaveLength(450)
    expect(after.map(({ revision: _, ...message }) => message)).toEqual(
      before.map(({ revision: _, ...message }) => message),
    )
    const again = await runHere(['import', out, '--db', db, '--session', session])
    expect(again.stderr).toBe(`${out}: 0 added, 450 known\n`)
  })

  test.each(['ui', 'openai'])('as %s stands for the file that it came from', async (format) => {
    const messages = [...numbers(3).map(chatMessage), chatMessage(0)]
    const { db, session, file } = await imported(messages)
    const out = file('out.jsonl')
    await runHere(['export', '--db', db, '--session', session, '--format', format, '--out', out])
    const { stdout } = await runHere(['import', out, '--db', db, '--owner', 'me'])
    const restored = stdout.trim()
    expect(restored).not.toBe(session)
    const chat = file('chat.jsonl')
    expect(await runHere(['import', chat, '--db', db, '--session', restored])).toEqual({
      code: 0,
      stdout: `${restored}\n`,
      stderr: `${chat}: 0 added, 4 known\n`,
    })
  })

  test('writes a conversation per line for all sessions of an owner', slow, async () => {
    const { db, file, session } = await imported([uiMessage(0)])
    const two = file('two.jsonl', jsonLines([uiMessage(0), uiMessage(1)]))
    await runHere(['import', two, '--db', db, '--owner', 'me'])
    await runHere(['import', two, '--db', db, '--owner', 'you'])
    const { code, stdout } = await new Caughtup(['export', '--db', db, '--owner', 'me']).ended
    expect(code).toBe(0)
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; title: string; messages: object[] })
    const found = lines.map(({ id, title, messages }) => [id === session, title, messages.length])
    expect(new Set(found)).toEqual(
      new Set([
        [false, 'two', 2],
        [true, 'chat', 1],
      ]),
    )
  })

  test('says that an owner has no sessions', async () => {
    const { db } = await imported([uiMessage(0)])
    expect(await runHere(['export', '--db', db, '--owner', 'nobody'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'caughtup: No sessions belong to nobody.\n',
    })
  })

  test('ends quietly when its reader stops', slow, async () => {
    const text = 'x'.repeat(1_000_000)
    const { db, session } = await imported(
      numbers(5).map((index) => ({ ...uiMessage(index), parts: [{ type: 'text', text }] })),
    )
    const { child, ended } = new Caughtup(['export', '--db', db, '--session', session])
    child.stdout.once('data', () => child.stdout.destroy())
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('has the messages of all epochs', async () => {
    const { db, session, file } = await imported([uiMessage(0)])
    const boundary = { type: 'boundary', kind: 'reset', trigger: 'user' } as const
    await withStore(db, (store) => store.append({ sessionId: session, drafts: [boundary] }))
    const next = file('next.jsonl', jsonLines([uiMessage(0), uiMessage(1)]))
    const { stderr } = await runHere(['import', next, '--db', db, '--session', session])
    expect(stderr).toBe(`${next}: 1 added, 1 known\n`)
    const { stdout } = await runHere(['export', '--db', db, '--session', session])
    const ids = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id)
    expect(ids).toEqual(['m0', 'm1'])
  })

  test('says once what the format cannot hold', async () => {
    const source = { type: 'source-url', sourceId: 's', url: 'https://example.com' }
    const messages = numbers(3).map((index) => ({
      ...uiMessage(1),
      id: `s${index}`,
      parts: [source],
    }))
    const { db, session } = await imported(messages)
    const args = ['export', '--db', db, '--session', session, '--format', 'openai']
    expect(await runHere(args)).toMatchObject({
      code: 1,
      stderr: `${session}: this format cannot hold parts of type source-url (and 2 more times)\n`,
    })
  })

  test('leaves out a message that is being written', async () => {
    const { db, session } = await imported([uiMessage(0)])
    const metadata = { createdAt: 1, runId: 'r' }
    const run = { id: 'r', kind: 'agent', status: 'streaming', startedAt: 1 } as const
    await withStore(db, (store) =>
      store.append({
        sessionId: session,
        drafts: [
          { type: 'run-started', runId: 'r', run },
          {
            type: 'message-created',
            runId: 'r',
            message: { id: 'open', role: 'assistant', parts: [], metadata, status: 'open' },
          },
        ],
      }),
    )
    const { code, stdout, stderr } = await runHere(['export', '--db', db, '--session', session])
    expect(code).toBe(1)
    expect(stdout).toContain('"id":"m0"')
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(stderr).toBe(`${session}: message open is still being written and was left out\n`)
  })

  test('creates no database and no file when the database is missing', async () => {
    const { db, root, file } = testFolder()
    const out = file('out.jsonl')
    const { code, stderr } = await runHere(['export', '--db', db, '--owner', 'me', '--out', out])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `caughtup: There is no database at ${db}.\n`,
    })
    expect(readdirSync(root)).toEqual([])
  })

  test('leaves no partial file when it cannot be written', async () => {
    const { db, session, root } = await imported([uiMessage(0)])
    const out = path.join(root, 'no-folder', 'out.jsonl')
    const { code, stderr } = await runHere([
      'export',
      '--db',
      db,
      '--session',
      session,
      '--out',
      out,
    ])
    expect(code).toBe(2)
    expect(stderr).toContain('ENOENT')
    expect(existsSync(out)).toBe(false)
  })
})
