import { postgresSchema } from '@caughtup/local-services/postgres'
import { systemClock } from '@caughtup/schema/clock'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'

import { delta, opened, prompt, runStarted } from '../../conformance/support/drafts.ts'
import { write } from '../../conformance/support/writes.ts'
import { postgres } from './index.ts'

/** Notes at each commit what that waits for. */
const noted = (schema: string) => `
CREATE TABLE ${schema}.noted (setting text);
CREATE FUNCTION ${schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO ${schema}.noted VALUES (current_setting('synchronous_commit'));
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER note AFTER INSERT ON ${schema}.sessions DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION ${schema}.note();
CREATE CONSTRAINT TRIGGER note AFTER INSERT ON ${schema}.events DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION ${schema}.note()`

test.each([
  { durability: 'normal', server: 'on', inForce: 'off' },
  { durability: 'full', server: 'off', inForce: 'on' },
  { durability: 'full', server: 'remote_apply', inForce: 'remote_apply' },
  { durability: undefined, server: 'local', inForce: 'local' },
] as const)(
  'with durability $durability on a server with synchronous_commit $server it is $inForce for every commit',
  async ({ durability, server, inForce }) => {
    const { pool, schema, remove } = await postgresSchema()
    const own = new pg.Pool({ ...pool.options, options: `-c synchronous_commit=${server}` })
    const factory = postgres({ pool: own, schema, ...(durability && { durability }) })
    const storage = await factory.open({ clock: systemClock, random: Math.random })
    onTestFinished(async () => {
      await storage.close()
      await own.end()
      await remove()
    })
    await pool.query(noted(pg.escapeIdentifier(schema)))
    await storage.createSession({ id: 's', title: '', createdAt: 1, members: ['ann'] })
    await write(storage, 's', [runStarted('r'), opened('m')])
    // Mere text is one statement, anything else a transaction.
    await write(storage, 's', [delta('m', 'a')])
    await write(storage, 's', [prompt('p')])
    const { rows } = await pool.query(`SELECT setting FROM ${pg.escapeIdentifier(schema)}.noted`)
    expect(rows.map(({ setting }) => setting)).toEqual([inForce, inForce, inForce, inForce])
    const { rows: after } = await own.query('SHOW synchronous_commit')
    expect(after).toEqual([{ synchronous_commit: server }])
  },
)
