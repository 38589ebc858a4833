import { postgresSchema } from '@caughtup/local-services/postgres'
import { onTestFinished } from 'vitest'

import { postgres } from '../../../src/engines/postgres/index.ts'

/** A database that processes have open, and that can be made to lose what they wrote. */
export async function losable() {
  const { pool, schema, remove } = await postgresSchema()
  onTestFinished(remove)
  const factory = postgres({ pool, schema })
  const tablesOf = async (from: string) => {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 AND tablename NOT IN ('meta', 'history') ORDER BY 1`,
      [from],
    )
    return rows.map(({ name }) => name)
  }
  /** Keeps what there is; the function that it returns loses all that was written since. */
  const keep = async () => {
    const tables = await tablesOf(schema)
    const copies = tables.map(
      (name) => `CREATE TABLE ${schema}_kept.${name} AS TABLE ${schema}.${name}`,
    )
    await pool.query([`CREATE SCHEMA ${schema}_kept`, ...copies].join(';'))
    return async () => {
      const back = tables.map(
        (name) => `DELETE FROM ${schema}.${name};
          INSERT INTO ${schema}.${name} OVERRIDING SYSTEM VALUE TABLE ${schema}_kept.${name}`,
      )
      const rest = [`DELETE FROM ${schema}.history`, `DROP SCHEMA ${schema}_kept CASCADE`]
      await pool.query([...back, ...rest].join(';'))
    }
  }
  return { pool, schema, factory, keep }
}
