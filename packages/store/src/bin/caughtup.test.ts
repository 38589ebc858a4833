import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { Message } from '@caughtup/schema'
import { describe, expect, onTestFinished, test } from 'vitest'

import { sqlite } from '../sqlite/index.ts'
import { createStore, type Store } from '../store.ts'
import { jsonLines } from '../transcripts/testing/read-items.ts'
import { Caughtup, runHere } from './testing/run-caughtup.ts'

// Starting a process takes long on a busy machine.
const slow = { timeout: 60_000 }

/** A folder with a database that does not exist yet, gone after the test. */
function folder() {
  const root = mkdtempSync(path.join(tmpdir(), 'caughtup-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return {
    root,
    db: path.join(root, 'chat.db'),
    file: (name: string, content = '') => {
      const file = path.join(root, name)
      if (content !== '') writeFileSync(file, content)
      return file
    },
  }
}

async function withStore<T>(db: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await createStore({ storage: sqlite({ path: db }) })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

async function messagesOf(db: string, sessionId: string): Promise<Message[]> {
  return withStore(db, async (store) => {
    const messages: Message[] = []
    for (let before: number | undefined = Number.MAX_SAFE_INTEGER; before !== undefined;) {
      const page = await store.page(sessionId, { before, limit: 200 })
      messages.unshift(...page.messages)
      before = page.nextCursor?.before
    }
    return messages
  })
}

function textOf({ parts }: Message): string {
  return parts.map((part) => (part.type === 'text' ? part.text : part.type)).join(' ')
}

function uiMessage(index: number) {
  const role = index % 2 === 0 ? 'user' : 'assistant'
  return { id: `m${index}`, role, parts: [{ type: 'text', text: `${index}` }] }
}

function chatMessage(index: number) {
  return { role: index % 2 === 0 ? 'user' : 'assistant', content: `${index}` }
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

describe('import', () => {
  test('of 1,000 lines with 10 bad ones names these and brings the rest, once', slow, async () => {
    const { db, file } = folder()
    const lines = numbers(1000).map((index) =>
      index % 100 === 7 ? '{"role":' : JSON.stringify(uiMessage(index)),
    )
    const chat = file('chat.jsonl', `${lines.join('\n')}\n`)
    const first = await new Caughtup(['import', chat, '--db', db, '--owner', 'me']).ended
    const session = first.stdout.trim()
    const bad = numbers(10).map((hundred) => hundred * 100 + 8)
    expect(first.code).toBe(1)
    expect(first.stderr).toContain(`${chat}: 990 added, 0 known, 10 refused\n`)
    for (const line of bad) expect(first.stderr).toContain(`${chat}:${line}: It is not JSON: `)
    expect(first.stderr.trim().split('\n')).toHaveLength(11)

    const again = await new Caughtup(['import', chat, '--db', db, '--session', session]).ended
    expect(again.stderr).toContain(`${chat}: 0 added, 990 known, 10 refused\n`)
    const messages = await messagesOf(db, session)
    expect(messages.map(textOf)).toEqual(
      numbers(1000)
        .filter((index) => index % 100 !== 7)
        .map(String),
    )
    await withStore(db, async (store) => {
      expect(await store.sessions.list('me')).toMatchObject({ sessions: [{ title: 'chat' }] })
    })
  })

  test('takes each file in its own format, and goes on where one cannot be read', async () => {
    const { db, file } = folder()
    const chat = file('a.jsonl', jsonLines(numbers(3).map(chatMessage)))
    const ui = file('b.jsonl', jsonLines(numbers(2).map(uiMessage)))
    const args = ['import', chat, file('missing.jsonl'), ui, '--db', db, '--owner', 'me']
    const { code, stdout, stderr } = await runHere(args)
    expect(code).toBe(2)
    expect(stderr).toMatch(/^\S+missing\.jsonl: ENOENT[^\n]+\n\S+a\.jsonl: 3 added/)
    expect(stderr).not.toContain('0 added')
    const sessions = stdout.trim().split('\n')
    expect(await Promise.all(sessions.map((id) => messagesOf(db, id)))).toMatchObject([
      [{ id: expect.any(String) }, {}, {}],
      [{ id: 'm0' }, { id: 'm1' }],
    ])
  })

  test('names a line of another format instead of importing it empty', async () => {
    const { db, file } = folder()
    const chat = file('mixed.jsonl', jsonLines([chatMessage(0), uiMessage(1)]))
    const { code, stdout, stderr } = await runHere(['import', chat, '--db', db, '--owner', 'me'])
    expect(code).toBe(1)
    expect(stderr).toBe(
      `${chat}:2: parts is not read in this format, and there is nothing else in the message.\n` +
        `${chat}: 1 added, 0 known, 1 refused\n`,
    )
    expect((await messagesOf(db, stdout.trim())).map(textOf)).toEqual(['0'])
  })

  test('makes no database for files that are missing or folders', async () => {
    const { db, root, file } = folder()
    const missing = file('missing.jsonl')
    const { code, stderr } = await runHere(['import', missing, root, '--db', db, '--owner', 'me'])
    expect(code).toBe(2)
    expect(stderr.split('\n')).toEqual([
      expect.stringContaining(`${missing}: ENOENT`),
      `${root}: FILE is "${root}"; it must be a file and not a folder.`,
      '',
    ])
    expect(readdirSync(root)).toEqual([])
  })

  test('leaves what is being written, and adds it when it is there', async () => {
    const { db, file } = folder()
    const call = { id: 'c', type: 'function', function: { name: 't', arguments: '{}' } }
    const text = jsonLines([
      chatMessage(0),
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', content: 'Yes' },
      { role: 'assistant', content: 'Done' },
    ])
    const chat = file('chat.jsonl', text.slice(0, -40))
    const first = await runHere(['import', chat, '--db', db, '--owner', 'me'])
    expect(first).toMatchObject({
      code: 0,
      stderr: `${chat}: 1 added, 0 known, 2 may still grow (see --final)\n`,
    })
    const session = first.stdout.trim()
    writeFileSync(chat, text)
    const second = await runHere(['import', chat, '--db', db, '--session', session])
    expect(second).toMatchObject({ code: 0, stderr: `${chat}: 1 added, 1 known\n` })
    expect((await messagesOf(db, session)).map(textOf)).toEqual([
      '0',
      'dynamic-tool step-start Done',
    ])
  })

  test('takes the last message of a final file as it is', async () => {
    const { db, file } = folder()
    const open = { role: 'assistant', parts: [{ type: 'text', text: 'He', state: 'streaming' }] }
    const chat = file('chat.jsonl', jsonLines([open]))
    const place = ['--db', db, '--owner', 'me']
    expect((await runHere(['import', chat, ...place])).stderr).toContain('1 may still grow')
    const { stdout } = await runHere(['import', chat, ...place, '--final'])
    expect(await messagesOf(db, stdout.trim())).toMatchObject([
      { parts: [{ text: 'He', state: 'done' }] },
    ])
  })

  test('that was killed and is run again has everything once', slow, async () => {
    const { db } = folder()
    const session = await withStore(db, (store) => store.sessions.create({ owner: 'me' }))
    const place = ['--db', db, '--session', session.id]
    // Every line is a log of the whole conversation up to then, and a transaction.
    const lines = numbers(40).map((index) => ({ messages: numbers(index + 1).map(chatMessage) }))

    const killed = new Caughtup(['import', '-', ...place])
    const started = new Promise((resolve) => killed.child.stdout.once('data', resolve))
    killed.child.stdin.write(jsonLines(lines.slice(0, 25)))
    await started
    killed.child.kill('SIGKILL')
    await killed.ended
    const before = (await messagesOf(db, session.id)).length
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThanOrEqual(25)

    const { code } = await runHere(['import', '-', ...place], jsonLines(lines))
    expect(code).toBe(0)
    expect((await messagesOf(db, session.id)).map(textOf)).toEqual(numbers(40).map(String))
  })

  test('changes nothing that was edited, and brings back nothing that was removed', async () => {
    const { db, file } = folder()
    const chat = file('chat.jsonl', jsonLines(numbers(4).map(chatMessage)))
    const { stdout } = await runHere(['import', chat, '--db', db, '--owner', 'me'])
    const session = stdout.trim()
    const [first, second, third] = await messagesOf(db, session)
    await withStore(db, async (store) => {
      await store.history.edit(session, second!.id, {
        parts: [{ type: 'text', text: 'edited' }],
      })
      await store.history.delete(session, first!.id)
      await store.history.truncate(session, { after: third!.id })
    })
    writeFileSync(chat, jsonLines(numbers(5).map(chatMessage)))
    const again = await runHere(['import', chat, '--db', db, '--session', session])
    expect(again.stderr).toBe(`${chat}: 1 added, 4 known\n`)
    expect((await messagesOf(db, session)).map(textOf)).toEqual(['edited', '2', '4'])
  })

  test('makes a session for each line that is a conversation, with its title or the given one', async () => {
    const { db, file } = folder()
    const conversations = [
      { title: 'First', messages: [chatMessage(0)] },
      { messages: [chatMessage(0), chatMessage(1)] },
    ]
    const chat = file('many.jsonl', jsonLines(conversations))
    const place = ['--db', db, '--owner', 'me']
    await runHere(['import', chat, ...place])
    await runHere(['import', chat, ...place, '--title', 'Given'])
    await withStore(db, async (store) => {
      const { sessions } = await store.sessions.list('me')
      expect(sessions.map(({ title }) => title)).toEqual(
        expect.arrayContaining(['First', 'Given', 'Given', 'many']),
      )
    })
  })

  test('makes new sessions each time for an owner', async () => {
    const { db, file } = folder()
    const chat = file('chat.jsonl', jsonLines([chatMessage(0)]))
    for (const _ of numbers(2)) {
      const { stderr } = await runHere(['import', chat, '--db', db, '--owner', 'me'])
      expect(stderr).toBe(`${chat}: 1 added, 0 known\n`)
    }
    await withStore(db, async (store) => {
      expect((await store.sessions.list('me')).sessions).toHaveLength(2)
    })
  })

  test('goes only into a session that is there, and of which the owner is a member', async () => {
    const { db, file } = folder()
    const chat = file('chat.jsonl', jsonLines([chatMessage(0)]))
    const session = await withStore(db, (store) => store.sessions.create({ owner: 'me' }))
    for (const place of [
      ['--session', 'nope'],
      ['--session', session.id, '--owner', 'you'],
    ]) {
      const { code, stderr } = await runHere(['import', chat, '--db', db, ...place])
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `caughtup: There is no session ${place[1]}.\n`,
      })
    }
  })

  test('is refused by a file that is no database', async () => {
    const { file } = folder()
    const chat = file('chat.jsonl', jsonLines([chatMessage(0)]))
    const { code, stderr } = await runHere(['import', chat, '--db', chat, '--owner', 'me'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^caughtup: [^\n]+\n$/)
    expect(readFileSync(chat, 'utf8')).toBe(jsonLines([chatMessage(0)]))
  })
})

describe('export', () => {
  /** A database with one session of more than a page. */
  async function imported(messages: readonly object[]) {
    const place = folder()
    const chat = place.file('chat.jsonl', jsonLines(messages))
    const { stdout } = await runHere(['import', chat, '--db', place.db, '--owner', 'me'])
    return { ...place, session: stdout.trim() }
  }

  test.each(['ui', 'openai'])('as %s is imported elsewhere as it was', async (format) => {
    const { db, session, file } = await imported(numbers(450).map(uiMessage))
    const out = file('out.jsonl')
    const args = ['export', '--db', db, '--session', session, '--format', format, '--out', out]
    expect(await runHere(args)).toEqual({ code: 0, stdout: '', stderr: '' })
    const other = folder().db
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

  test('of all sessions has a conversation in each line', slow, async () => {
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

  test('of an owner without sessions says so', async () => {
    const { db } = await imported([uiMessage(0)])
    expect(await runHere(['export', '--db', db, '--owner', 'nobody'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'caughtup: There is no session of nobody.\n',
    })
  })

  test('ends quietly when nobody reads on', slow, async () => {
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

  test('says once what the format has no place for', async () => {
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
      stderr: `${session}: a part of the type source-url has no place in this format (and 2 times more)\n`,
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

  test('makes no database and no file where there is none', async () => {
    const { db, root, file } = folder()
    const out = file('out.jsonl')
    const { code, stderr } = await runHere(['export', '--db', db, '--owner', 'me', '--out', out])
    expect({ code, stderr }).toEqual({ code: 2, stderr: `caughtup: There is no database ${db}.\n` })
    expect(readdirSync(root)).toEqual([])
  })

  test('that cannot be written leaves nothing half', async () => {
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

test('help is asked for, or follows a mistake', slow, async () => {
  const asked = await new Caughtup(['--help']).ended
  expect(asked).toMatchObject({ code: 0, stderr: '' })
  expect(asked.stdout).toContain('caughtup import FILE')
  expect(asked.stdout).toMatch(/with --owner each run makes new\s+sessions/)
  expect(await new Caughtup(['import', '--dbb', 'x']).ended).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^caughtup: Unknown option '--dbb'.*\ncaughtup --help says how it is used.\n$/,
    ),
  })
})

test('an older Node is named', slow, async () => {
  const old = "Object.defineProperty(process.versions, 'node', { value: '22.1.0' })"
  const program = new Caughtup(['--help'], ['--import', `data:text/javascript,${old}`])
  expect(await program.ended).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^caughtup needs Node 24 or newer; this is v\S+\.\n$/),
  })
})
