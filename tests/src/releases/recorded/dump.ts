import pg from 'pg'

/** The tables of a PostgreSQL engine with their rows, in no schema of its own: `"$schema"` stands for its name. */
export interface Dump {
  /** What the engine told the database to make its tables. */
  statements: string[]
  /** In the form that PostgreSQL gives rows as JSON. */
  rows: Record<string, unknown[]>
}

const placeholder = '"$schema"'

/** Notes the statements by which an engine makes its tables, over the connections of this pool. */
export function noteStatements(pool: pg.Pool, schema: string): string[] {
  const statements: string[] = []
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    const noting = (...args: unknown[]) => {
      const [statement] = args
      if (typeof statement === 'string' && makesTables.test(statement)) {
        statements.push(statement.replaceAll(pg.escapeIdentifier(schema), placeholder))
      }
      return query(...args)
    }
    Object.assign(client, { query: noting })
  })
  return statements
}

/** What `migrate` of the engine says, comments at the beginning aside. */
const makesTables = /^\s*(--[^\n]*\n\s*)*(CREATE|ALTER|DROP|(INSERT INTO|UPDATE) \S+\.meta)\b/

export async function dumpRows(pool: pg.Pool, schema: string): Promise<Dump['rows']> {
  const rows: Dump['rows'] = {}
  for (const table of await tablesOf(pool, schema)) {
    if (table === 'meta') continue
    const { rows: found } = await pool.query<{ row: unknown }>(
      `SELECT to_json(t) AS row FROM ${nameOf(schema, table)} t ORDER BY t::text`,
    )
    rows[table] = found.map(({ row }) => row)
  }
  return rows
}

/** Makes the tables in an empty schema, with their rows. */
export async function loadDump(pool: pg.Pool, schema: string, dump: Dump): Promise<void> {
  for (const statement of dump.statements) {
    await pool.query(statement.replaceAll(placeholder, pg.escapeIdentifier(schema)))
  }
  for (const [table, rows] of Object.entries(dump.rows)) {
    const name = nameOf(schema, table)
    await pool.query(
      `INSERT INTO ${name} OVERRIDING SYSTEM VALUE
         SELECT * FROM json_populate_recordset(null::${name}, $1)`,
      [JSON.stringify(rows)],
    )
    const { rows: counted } = await pool.query<{ column: string }>(
      `SELECT column_name AS column FROM information_schema.columns
         WHERE table_schema = $1 AND table_name = $2 AND is_identity = 'YES'`,
      [schema, table],
    )
    for (const { column } of counted) {
      // Behind the rows.
      await pool.query(
        `SELECT setval(pg_get_serial_sequence($1, $2), (SELECT coalesce(max(${column}), 0) + 1 FROM ${name}))`,
        [name, column],
      )
    }
  }
}

async function tablesOf(pool: pg.Pool, schema: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1',
    [schema],
  )
  return rows.map(({ name }) => name)
}

function nameOf(schema: string, table: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`
}
