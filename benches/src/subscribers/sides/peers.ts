import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { Side } from './sides.ts'

const folder = fileURLToPath(new URL('../../../../outside/peers/', import.meta.url))

const peer = (file: string, side: Pick<Side, 'name' | 'keeps' | 'args' | 'needs'>): Side => ({
  ...side,
  module: `${folder}servers/${file}`,
  transport: 'http',
})

/** resumable-stream in one of two processes; it calls `serveAcross`. */
export const acrossPeer = `${folder}servers/resumable-stream-across.ts`

export const durableStreams = peer('durable-streams.ts', {
  name: 'Durable Streams, memory',
  keeps: 'memory',
})
export const durableStreamsFile = peer('durable-streams.ts', {
  name: 'Durable Streams, file',
  keeps: 'files',
  args: ['file'],
})
export const resumableStream = peer('resumable-stream.ts', {
  name: 'resumable-stream, Redis',
  keeps: 'memory of the writer',
  needs: 'redis-server',
})
const assistantStream = peer('assistant-stream.ts', {
  name: 'assistant-stream, memory',
  keeps: 'memory',
})
const tanstackAi = peer('tanstack-ai.ts', { name: 'TanStack AI, memory', keeps: 'memory' })

export const peers: readonly Side[] = [
  durableStreams,
  durableStreamsFile,
  resumableStream,
  assistantStream,
  tanstackAi,
]

/** Installs the peers from their own lock file, unless exactly that was done before. */
export function installPeers(): void {
  // pnpm keeps a copy of the lock file that it installed.
  const installed = `${folder}node_modules/.pnpm/lock.yaml`
  const wanted = readFileSync(`${folder}pnpm-lock.yaml`, 'utf8')
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return
  execFileSync('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
