import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import pg, { type PoolConfig } from 'pg'

/** Debian's `nobody`: PgBouncer refuses to run as root. */
const nobody = 65_534

/** Whether this machine has a PgBouncer. Where it has none, says so once; on the CI there must be one. */
export function hasPooler(): boolean {
  if (spawnSync('pgbouncer', ['--version']).status === 0) return true
  if (process.env['CI']) return true
  // oxlint-disable-next-line no-console -- a skipped test says why
  console.log('Skipped: the test behind a pooler needs pgbouncer, which this machine lacks.')
  return false
}

/** A PgBouncer in transaction mode before a server; it ends with this process, however that ends. */
export async function pooler(server: string): Promise<{ config: PoolConfig; stop(): void }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-pooler-'))
  const { host, port } = new pg.Client(server)
  const settings = path.join(folder, 'pgbouncer.ini')
  const lines = [
    '[databases]',
    `chat = host=${host} port=${port} user=postgres dbname=postgres`,
    '[pgbouncer]',
    'listen_addr =',
    'listen_port = 6432',
    `unix_socket_dir = ${folder}`,
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 3',
  ]
  writeFileSync(settings, lines.join('\n'))
  const isRoot = process.getuid?.() === 0
  const as = isRoot ? { uid: nobody, gid: nobody } : {}
  if (isRoot) chownSync(folder, nobody, nobody)
  const child = spawn('sh', ['-c', attended, 'pgbouncer', settings], {
    ...as,
    cwd: '/',
    env: { ...process.env, FOLDER: folder },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let log = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text: Buffer) => {
      log = `${log}${text.toString()}`.slice(-10_000)
      if (log.includes('process up')) resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`pgbouncer ended with ${code}: ${log}`)))
  })
  return {
    config: { host: folder, port: 6432, user: 'postgres', database: 'chat' },
    stop: () => child.stdin.end(),
  }
}

/**
 * Runs a server until its standard input ends, as it does with this process however that ends. A shell lets what it runs
 * behind `&` ignore SIGINT and SIGQUIT.
 */
const attended = `
  exec 3<&0
  "$0" "$@" 3<&- & server=$!
  (read -r _ <&3; kill -TERM $server) &
  wait $server
  rm -rf "$FOLDER"
`
