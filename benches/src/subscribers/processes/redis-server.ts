import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, Socket } from 'node:net'

/** Starts a Redis in memory that ends with this process; returns its address. */
export async function startRedis(): Promise<string> {
  const port = await freePort()
  const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no' }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  // The shell waits for the end of this process, however it ends, and takes Redis along.
  const script = 'redis-server "$@" & read -r _; kill $!'
  const stdio = ['pipe', 'pipe', 'inherit'] as const
  const redis = spawn('sh', ['-c', script, 'sh', ...args], { stdio: [...stdio] })
  let log = ''
  redis.stdout.on('data', (text) => (log += text))
  while (!log.includes('Ready to accept connections')) {
    if (redis.exitCode !== null) throw new Error(`Redis ended: ${log}`)
    await Promise.race([once(redis.stdout, 'data'), once(redis, 'exit')])
  }
  // It does not keep this process from ending.
  redis.unref()
  for (const stream of redis.stdio) if (stream instanceof Socket) stream.unref()
  return `redis://127.0.0.1:${port}`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
