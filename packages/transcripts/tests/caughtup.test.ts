import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

import { describe, expect, test } from 'vitest'

import { formatNames } from '../src/formats/formats.ts'
import { jsonLines } from './support/read-items.ts'
import { chatMessage, numbers, textOf, uiMessage } from './support/plain-messages.ts'
import { Caughtup, runHere } from './support/run-caughtup.ts'
import { messagesOf, testFolder, withStore } from './support/test-folder.ts'

// Starting a process takes long on a busy machine.
const slow = { timeout: 60_000 }

describe('import', () => {
  test('names the 10 bad lines of 1,000 and imports each of the others once', slow, async () => {
    const { db, file } = testFolder()
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

  test('reads each file in its own format, and skips a file that cannot be read', async () => {
    const { db, file } = testFolder()
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

  test('refuses a line of another format instead of importing it empty', async () => {
    const { db, file } = testFolder()
    const call = { id: 'c', type: 'function', function: { name: 't', arguments: '{}' } }
    const calling = { role: 'assistant', content: null, tool_calls: [call] }
    const chat = file(
      'mixed.jsonl',
      jsonLines([chatMessage(0), calling, uiMessage(1), chatMessage(2)]),
    )
    const { code, stdout, stderr } = await runHere(['import', chat, '--db', db, '--owner', 'me'])
    expect(code).toBe(1)
    expect(stderr).toContain(`${chat}:3: It is in the format ui (UI messages of the AI SDK`)
    expect(stderr).toContain(`${chat}: 3 added, 0 known, 1 refused\n`)
    expect((await messagesOf(db, stdout.trim())).map(textOf)).toEqual(['0', 'dynamic-tool', '2'])
  })

  test('exits with 2 and creates no session for a file in no supported format', async () => {
    const { db, file } = testFolder()
    const gemini = file('gemini.json', JSON.stringify([{ role: 'model', parts: [{ text: 'Hi' }] }]))
    const { code, stdout, stderr } = await runHere(['import', gemini, '--db', db, '--owner', 'me'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Gemini contents are not supported.')
    expect(stderr).toContain(`${gemini}: No message in it could be read.\n`)
    await withStore(db, async (store) => {
      expect((await store.sessions.list('me')).sessions).toEqual([])
    })
  })

  test('exits with 1 and names what it dropped of a message', async () => {
    const { db, file } = testFolder()
    const chat = file(
      'chat.jsonl',
      jsonLines([{ messages: [chatMessage(0)], tools: [{ name: 't' }] }]),
    )
    const { code, stderr } = await runHere(['import', chat, '--db', db, '--owner', 'me'])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `${chat}:1: in the conversation, tools is dropped\n${chat}: 1 added, 0 known\n`,
    })
  })

  test('exits with 1 and says that imported messages have changed in the file', async () => {
    const { db, file } = testFolder()
    const chat = file('chat.jsonl', jsonLines([uiMessage(0)]))
    const { stdout } = await runHere(['import', chat, '--db', db, '--owner', 'me'])
    writeFileSync(chat, jsonLines([{ ...uiMessage(0), parts: [{ type: 'text', text: 'more' }] }]))
    const again = await runHere(['import', chat, '--db', db, '--session', stdout.trim()])
    expect(again).toMatchObject({
      code: 1,
      stderr: `${chat}: messages that changed since they were imported stay as they are here\n${chat}: 0 added, 0 known, 1 changed since\n`,
    })
  })

  test('creates sessions as old as their conversations, already read', async () => {
    const { db, file } = testFolder()
    const at = (index: number) => ({
      ...chatMessage(index),
      created_at: `2024-05-0${index + 1}T00:00:00Z`,
    })
    const chat = file('chat.jsonl', jsonLines([at(0), at(1), at(2)]))
    const place = ['--db', db, '--owner', 'me']
    const given = ['--unread', '--created', '2020-01-01', '--recency', '2020-01-02']
    const ids = [
      (await runHere(['import', chat, ...place])).stdout.trim(),
      (await runHere(['import', chat, ...place, ...given])).stdout.trim(),
    ]
    await withStore(db, async (store) => {
      const rows = await Promise.all(
        ids.map(async (id) => {
          const { createdAt } = await store.sessions.get(id, 'me')
          const { recency, unread } = (await store.activity.row('me', id))!
          return { createdAt, recency, unread }
        }),
      )
      expect(rows).toEqual([
        { createdAt: Date.UTC(2024, 4, 1), recency: Date.UTC(2024, 4, 3), unread: 0 },
        { createdAt: Date.UTC(2020, 0, 1), recency: Date.UTC(2020, 0, 2), unread: 1 },
      ])
    })
  })

  test('creates no database when the files are missing or are folders', async () => {
    const { db, root, file } = testFolder()
    const missing = file('missing.jsonl')
    const { code, stderr } = await runHere(['import', missing, root, '--db', db, '--owner', 'me'])
    expect(code).toBe(2)
    expect(stderr.split('\n')).toEqual([
      expect.stringContaining(`${missing}: ENOENT`),
      `${root}: FILE is "${root}"; it must be a file, not a folder.`,
      '',
    ])
    expect(readdirSync(root)).toEqual([])
  })

  test('skips messages that are still being written, and adds them once they are complete', async () => {
    const { db, file } = testFolder()
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
    const { db, file } = testFolder()
    const open = { role: 'assistant', parts: [{ type: 'text', text: 'He', state: 'streaming' }] }
    const chat = file('chat.jsonl', jsonLines([open]))
    const place = ['--db', db, '--owner', 'me']
    expect((await runHere(['import', chat, ...place])).stderr).toContain('1 may still grow')
    const { stdout } = await runHere(['import', chat, ...place, '--final'])
    expect(await messagesOf(db, stdout.trim())).toMatchObject([
      { parts: [{ text: 'He', state: 'done' }] },
    ])
  })

  test('has every message once after it was killed and run again', slow, async () => {
    const { db } = testFolder()
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

  test('leaves edited messages as they are and does not bring back removed ones', async () => {
    const { db, file } = testFolder()
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

  test('creates a session for each line that is a conversation, with its title or the given one', async () => {
    const { db, file } = testFolder()
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

  test('creates new sessions for an owner each time', async () => {
    const { db, file } = testFolder()
    const chat = file('chat.jsonl', jsonLines([chatMessage(0)]))
    for (const _ of numbers(2)) {
      const { stderr } = await runHere(['import', chat, '--db', db, '--owner', 'me'])
      expect(stderr).toBe(`${chat}: 1 added, 0 known\n`)
    }
    await withStore(db, async (store) => {
      expect((await store.sessions.list('me')).sessions).toHaveLength(2)
    })
  })

  test('imports only into an existing session that the owner is a member of', async () => {
    const { db, file } = testFolder()
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

  test('fails when the database path names a file that is not a database', async () => {
    const { file } = testFolder()
    const chat = file('chat.jsonl', jsonLines([chatMessage(0)]))
    const { code, stderr } = await runHere(['import', chat, '--db', chat, '--owner', 'me'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^caughtup: [^\n]+\n$/)
    expect(readFileSync(chat, 'utf8')).toBe(jsonLines([chatMessage(0)]))
  })
})

test('help is printed on request and suggested after a mistake', slow, async () => {
  const asked = await new Caughtup(['--help']).ended
  expect(asked).toMatchObject({ code: 0, stderr: '' })
  expect(asked.stdout).toContain('caughtup import FILE')
  for (const name of formatNames) expect(asked.stdout).toContain(`\n  ${name} `)
  expect(asked.stdout).toMatch(/with --owner each\s+run creates new sessions/)
  expect(await new Caughtup(['import', '--dbb', 'x']).ended).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^caughtup: Unknown option '--dbb'.*\nRun caughtup --help for usage.\n$/,
    ),
  })
})

test('an older Node is refused with its version', slow, async () => {
  const old = "Object.defineProperty(process.versions, 'node', { value: '22.1.0' })"
  const program = new Caughtup(['--help'], ['--import', `data:text/javascript,${old}`])
  expect(await program.ended).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^caughtup needs Node 24 or newer; this is v\S+\.\n$/),
  })
})
