import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { deflateRawSync, inflateRawSync } from 'node:zlib'

import { Random } from '@caughtup/schema/testing'
import fc from 'fast-check'

/** Damage to a database; all of it follows from `seed`. */
export interface Damage {
  table: Table
  how: 'text' | 'json' | 'deleted' | 'doubled'
  seed: number
}

/** Tables with the rows of one session, as a condition on its key. */
const tables = {
  sessions: 'key = ?',
  members: 'session = ?',
  messages: 'session = ?',
  remembered: 'session = ?',
  blocks: 'session = ?',
  queue: 'session = ?',
  erasures: 'session = ?',
  unindexed: 'key IN (SELECT key FROM messages WHERE session = ?)',
  // A number would be bound as one with decimals.
  log: "body LIKE '[' || CAST(? AS INTEGER) || ',%'",
}
type Table = keyof typeof tables

/** The column with content; the others are keys. */
const contents: Partial<Record<Table, string>> = {
  sessions: 'record',
  messages: 'body',
  erasures: 'ids',
  blocks: 'body',
  queue: 'body',
  log: 'body',
}

/** Includes a block's own description, and what the host keeps about a session. */
const alsoContents: Partial<Record<Table, string>> = { blocks: 'counts', sessions: 'metadata' }

export const damage: fc.Arbitrary<Damage> = fc
  .record({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the object above
    table: fc.constantFrom(...(Object.keys(tables) as Table[])),
    how: fc.constantFrom('text', 'json', 'json', 'deleted', 'doubled'),
    seed: fc.nat(),
  })
  // A session without a row is a deleted one.
  .filter(({ table, how }) => !(table === 'sessions' && (how === 'deleted' || how === 'doubled')))

/** Damages the session with this key, in a database that no process has open. */
export function inflict(file: string, key: number, { table, how, seed }: Damage): void {
  const db = new DatabaseSync(file)
  const random = new Random(seed)
  try {
    const rows = db.prepare(`SELECT * FROM ${table} WHERE ${tables[table]}`).all(key)
    if (rows.length === 0) return
    const row = random.pick(rows)
    const identity = Object.keys(row).filter((name) => row[name] !== null)
    const where = identity.map((name) => `"${name}" = ?`).join(' AND ')
    const values = identity.map((name) => row[name] ?? null)
    if (how === 'deleted') {
      db.prepare(`DELETE FROM ${table} WHERE ${where}`).run(...values)
    } else if (how === 'doubled') {
      double(db, table, where, values, row)
    } else {
      const other = alsoContents[table]
      const column = other !== undefined && random.chance(0.2) ? other : contents[table]
      if (column === undefined) return
      const before = row[column]
      const after =
        before instanceof Uint8Array
          ? damagedBlock(before, how, random)
          : damagedText(String(before), how, random)
      db.prepare(`UPDATE ${table} SET "${column}" = ? WHERE ${where}`).run(after, ...values)
    }
  } finally {
    db.close()
  }
}

/** Duplicates a row, with a new key if it has its own. */
function double(
  db: DatabaseSync,
  table: Table,
  where: string,
  values: readonly SQLOutputValue[],
  row: Record<string, SQLOutputValue>,
): void {
  const names = Object.keys(row).filter((name) => name !== 'key' && name !== 'id')
  const columns = names.map((name) => `"${name}"`).join(', ')
  // An index refuses two blocks with the same beginning.
  const copied = table === 'blocks' ? columns.replace('"first_seq"', 'first_seq + 1') : columns
  db.prepare(
    `INSERT OR IGNORE INTO ${table} (${columns}) SELECT ${copied} FROM ${table} WHERE ${where}`,
  ).run(...values)
}

function damagedBlock(body: Uint8Array, how: 'text' | 'json', random: Random): Uint8Array | string {
  if (how === 'json') {
    const text = inflated(body)
    return text === undefined ? body : deflateRawSync(damagedText(text, 'json', random))
  }
  const cut = body.slice(0, random.between(0, body.length))
  return random.pick([cut, body.map((byte) => (random.chance(0.02) ? byte ^ 0xff : byte)), ''])
}

/** `undefined` if it is damaged already. */
function inflated(body: Uint8Array): string | undefined {
  try {
    return inflateRawSync(body).toString()
  } catch {
    return undefined
  }
}

function damagedText(text: string, how: 'text' | 'json', random: Random): string {
  const lines = text.split('\n')
  const index = random.between(0, lines.length - 1)
  const line = lines[index] ?? ''
  if (how === 'json') {
    lines[index] = damagedJson(line, random)
    return lines.join('\n')
  }
  const changed = random.pick(['cut', 'garbage', 'gone', 'twice', 'whole'])
  if (changed === 'whole') return random.pick(['', '\0', 'null', '[]', '{}', '{"broken'])
  if (changed === 'cut') lines[index] = line.slice(0, random.between(0, line.length))
  if (changed === 'garbage') lines[index] = '\ufffd{["'
  if (changed === 'gone') lines.splice(index, 1)
  if (changed === 'twice') lines.splice(index, 0, line)
  return lines.join('\n')
}

/** Valid JSON with one value replaced or removed. */
function damagedJson(json: string, random: Random): string {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return json
  }
  const places: [object, string][] = []
  const visit = (item: unknown): void => {
    if (typeof item !== 'object' || item === null) return
    for (const [name, child] of Object.entries(item)) {
      places.push([item, name])
      visit(child)
    }
  }
  visit(value)
  if (places.length === 0) return 'null'
  const [object, name] = random.pick(places)
  if (random.chance(0.2)) Reflect.deleteProperty(object, name)
  else {
    const others = [null, -1, 1.5, 2, 1e6, '', 'a-future-type', 'x y', [], {}, true]
    Reflect.set(object, name, random.pick<unknown>(others))
  }
  return JSON.stringify(value)
}
