import { postgresSchema } from '@caughtup/local-services/postgres'
import { Random } from '@caughtup/schema/testing'
import { createStore, type Store } from '@caughtup/store'
import { postgres } from '@caughtup/store/postgres'
import { expect, onTestFinished, test } from 'vitest'

import { numbers } from './support/plain-messages.ts'
import { Caughtup, runHere } from './support/run-caughtup.ts'
import { testFolder, withStore } from './support/test-folder.ts'

const slow = { timeout: 120_000 }

type Target = Awaited<ReturnType<typeof target>>

/** An empty schema, and the options of the command that name it. */
async function target() {
  const { url, pool, schema, remove } = await postgresSchema()
  onTestFinished(remove)
  return { pool, schema, args: ['--to', url, '--schema', schema] }
}

async function inTarget<T>(
  { pool, schema }: Target,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await createStore({ storage: postgres({ pool, schema }) })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** A database with sessions of some messages, and what a client has that read them up to their middle. */
async function source(count: number) {
  const { db } = testFolder()
  const clients = await withStore(db, async (store) => {
    const seen = []
    for (const index of numbers(count)) {
      const { id } = await store.sessions.create({ owner: 'me', title: `Session ${index}` })
      const rows = numbers(20).map((number) => row(`m${number}`, `Text ${number} `.repeat(200)))
      await store.reconcile(id, rows.slice(0, 10))
      seen.push({ id, cursor: (await store.window(id)).cursor })
      await store.reconcile(id, rows)
    }
    return seen
  })
  return { db, clients }
}

function row(id: string, text: string) {
  return { id, role: 'user', parts: [{ type: 'text', text }] } as const
}

/** What clients get, with the cursors that they have and without. */
async function read(store: Store, clients: Awaited<ReturnType<typeof source>>['clients']) {
  const read = []
  for (const { id, cursor } of clients) {
    const verdict = await store.checkCursor(id, cursor)
    const events = await store.journal.list(id, { after: cursor.seq })
    read.push({
      verdict,
      events,
      session: await store.sessions.get(id, 'me'),
      page: await store.window(id),
    })
  }
  return read
}

test(
  'a copy that is killed again and again is completed by the next one, and clients go on',
  slow,
  async () => {
    const seed = Number(process.env['CAUGHTUP_SEED'] ?? Math.floor(Math.random() * 1e6))
    const random = new Random(seed)
    const { db, clients } = await source(60)
    const to = await target()
    let killed = 0
    for (let most = 1; most < 60; most += random.between(5, 15)) {
      const copying = new Caughtup(['copy', '--from', db, ...to.args])
      let hasEnded = false
      void copying.ended.then(() => (hasEnded = true))
      while (!hasEnded && (await rowsIn(to)) < most) continue
      copying.child.kill('SIGKILL')
      if ((await copying.ended).code === null) killed++
    }
    const { code, stderr } = await new Caughtup(['copy', '--from', db, ...to.args]).ended
    expect({ seed, code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/\d+ sessions? copied, \d+ there already\n$/),
    })
    expect(killed, `seed ${seed}`).toBeGreaterThan(2)
    const before = await withStore(db, (store) => read(store, clients))
    const after = await inTarget(to, (store) => read(store, clients))
    expect(after, `seed ${seed}`).toEqual(before)
    expect(new Set(after.map(({ verdict }) => verdict))).toEqual(new Set(['ok']))
    const again = await runHere(['copy', '--from', db, ...to.args])
    expect(again).toMatchObject({ code: 0, stderr: `${db}: 0 sessions copied, 60 there already\n` })
  },
)

/** How many sessions have been begun; none before there are tables. */
async function rowsIn({ pool, schema }: Target): Promise<number> {
  const { rows } = await pool.query<{ made: string | null }>('SELECT to_regclass($1) AS made', [
    `${schema}.sessions`,
  ])
  if (!rows[0]?.made) return 0
  const counted = await pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${schema}.sessions`,
  )
  return counted.rows[0]?.n ?? 0
}

test('a copy goes to another file too', async () => {
  const { db, clients } = await source(2)
  const { db: other } = testFolder()
  const { code, stderr } = await runHere(['copy', '--from', db, '--to', other])
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: `${db}: 2 sessions copied, 0 there already\n`,
  })
  const before = await withStore(db, (store) => read(store, clients))
  expect(await withStore(other, (store) => read(store, clients))).toEqual(before)
})

test(
  'a copy of a file that a server has open is refused, and so is one onto itself',
  slow,
  async () => {
    const { db } = await source(1)
    const to = await target()
    const { code, stderr } = await withStore(db, () => runHere(['copy', '--from', db, ...to.args]))
    expect(code).toBe(2)
    expect(stderr).toBe(
      `caughtup: Another process has ${db} open. Stop every server and program that uses it, and copy again.\n`,
    )
    const itself = await runHere(['copy', '--from', db, '--to', db])
    expect(itself.code).toBe(2)
    expect(itself.stderr).toContain('it must be another database than that of --from.')
  },
)

test('a session of the same id that is no copy is named, and stays', async () => {
  const { db, clients } = await source(1)
  const id = clients[0]?.id ?? ''
  const to = await target()
  await inTarget(to, (store) =>
    store.sessions.create({ sessionId: id, owner: 'you', title: 'Other' }),
  )
  const { code, stderr } = await runHere(['copy', '--from', db, ...to.args])
  expect(code).toBe(2)
  expect(stderr).toContain(
    `caughtup: Session ${id} is in the target too, and is not a copy: delete`,
  )
  expect(await inTarget(to, (store) => store.sessions.get(id, 'you'))).toMatchObject({
    title: 'Other',
  })
})

test('what is not there is named: the file, the server, the driver', slow, async () => {
  const { db: missing } = testFolder()
  const nowhere = ['--to', 'postgres://me:secret@127.0.0.1:1/db']
  const noFile = await runHere(['copy', '--from', missing, ...nowhere])
  expect(noFile).toMatchObject({
    code: 2,
    stderr: `caughtup: There is no database at ${missing}.\n`,
  })
  const { db } = await source(1)
  const noServer = await runHere(['copy', '--from', db, ...nowhere])
  expect(noServer.code).toBe(2)
  expect(noServer.stderr).toMatch(
    /^caughtup: The database of --to cannot be opened: .*ECONNREFUSED/,
  )
  expect(noServer.stderr).not.toContain('secret')
  const hook = `import { registerHooks } from 'node:module'
    registerHooks({ resolve(name, context, next) {
      if (name !== 'pg') return next(name, context)
      return next('pg', { ...context, parentURL: 'file:///nowhere/x.mjs' })
    } })`
  const without = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`]
  const noDriver = await new Caughtup(['copy', '--from', db, ...nowhere], without).ended
  expect(noDriver).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^caughtup: PostgreSQL needs the package pg, .* npm install pg/),
  })
})
