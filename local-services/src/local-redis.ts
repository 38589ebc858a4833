import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { Redis } from 'ioredis'

/** Whether this machine has a Redis. Where it has none, says so once; on the CI there must be one. */
export function hasRedis(): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return true
  if (process.env['CI']) return true
  // oxlint-disable-next-line no-console -- a skipped test says why
  console.log('Skipped: the tests of the bus on Redis need redis-server, which this machine lacks.')
  return false
}

export interface TestRedis {
  /** The path of its socket. */
  url: string
  /** Cuts all connections. */
  cut(): Promise<void>
  /** How many connections it has, with the one that asks. */
  clients(): Promise<number>
  /** It answers nothing until `resume`. */
  pause(): void
  resume(): void
  /** Resolves when it has ended; it keeps nothing. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** A Redis that keeps nothing on disk. It ends with this process, however that ends. */
export async function redisServer(): Promise<TestRedis> {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-redis-'))
  const url = path.join(folder, 'socket')
  const server = await startRedis(folder, ['--port', '0', '--unixsocket', url])
  return {
    ...server,
    url,
    async cut() {
      const client = new Redis(url)
      for (const type of ['pubsub', 'normal'] as const) {
        await client.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes')
      }
      client.disconnect()
    },
    async clients() {
      const client = new Redis(url)
      const list = String(await client.call('CLIENT', 'LIST'))
      client.disconnect()
      return list.trim().split('\n').length
    },
  }
}

export type RunningRedis = Pick<TestRedis, 'pause' | 'resume' | 'stop' | 'start'>

/** Resolves when it runs. Its folder is there while it does. */
export async function startRedis(folder: string, more: readonly string[]): Promise<RunningRedis> {
  let server: ReturnType<typeof spawn> | undefined
  let pid = 0
  const start = async () => {
    mkdirSync(folder, { recursive: true })
    const settings = [...more, '--save', '', '--appendonly', 'no']
    const child = spawn('sh', ['-c', attended, 'redis-server', ...settings], {
      cwd: folder,
      env: { ...process.env, FOLDER: folder },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    server = child
    let log = ''
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (text: Buffer) => {
        log = `${log}${text.toString()}`.slice(-10_000)
        if (/eady to accept connections/.test(log)) resolve()
      })
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${log}`)))
    })
    pid = Number(/pid=(\d+)/.exec(log)?.[1])
  }
  await start()
  return {
    start,
    pause: () => process.kill(pid, 'SIGSTOP'),
    resume: () => process.kill(pid, 'SIGCONT'),
    async stop() {
      if (server?.exitCode !== null) return
      const ended = new Promise((resolve) => server?.once('exit', resolve))
      process.kill(pid, 'SIGCONT')
      process.kill(pid, 'SIGTERM')
      await ended
    },
  }
}

/** Runs a server until its standard input ends, as it does with this process however that ends. */
const attended = `
  exec 3<&0
  "$0" "$@" 3<&- & server=$!
  (read -r _ <&3; kill -CONT $server; kill -KILL $server) & watch=$!
  wait $server
  code=$?
  kill $watch
  rm -rf "$FOLDER"
  exit $code
`
