import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { openStore } from '../measure/answer.ts'
import type { Bench, Case, Row } from '../measure/bench.ts'

const victim = fileURLToPath(new URL('crash-victim.ts', import.meta.url))

export const crash: Bench = {
  name: 'crash',
  question: 'How long the database takes to open after its process was killed amid many answers.',
  columns: [
    { key: 'sessions', title: 'sessions in flight' },
    { key: 'windows', title: 'windows streamed of each' },
    { key: 'files', title: 'database and WAL, MB', digits: 1 },
    { key: 'open', title: 'opened after, ms' },
    { key: 'window', title: 'first window after, ms' },
    { key: 'heads', title: 'all heads after, ms' },
  ],
  cases: ({ smoke }) =>
    (smoke
      ? [[10, 5]]
      : [
          [1_000, 10],
          [1_000, 300],
        ]
    ).map(([sessions = 0, windows = 0]): Case => ({
      title: `${sessions} sessions, ${windows} windows`,
      measure: (folder) => measure(path.join(folder, 'measured.db'), sessions, windows),
    })),
  goals: () => [],
}

async function measure(file: string, sessions: number, windows: number): Promise<Row[]> {
  const sessionIds = await streamAndKill(file, sessions, windows)
  const files = (statSync(file).size + statSync(`${file}-wal`).size) / 1_000_000
  const startedAt = performance.now()
  const after = () => performance.now() - startedAt
  const store = await openStore(file)
  const open = after()
  await store.window(sessionIds[0] ?? '')
  const window = after()
  for (const sessionId of sessionIds) await store.head(sessionId)
  const heads = after()
  await store.close()
  return [{ sessions, windows, files, open, window, heads }]
}

/** The sessions of a process that was killed while it streamed. */
async function streamAndKill(file: string, sessions: number, windows: number): Promise<string[]> {
  const child = spawn(process.execPath, [victim, file, String(sessions), String(windows)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  let said = ''
  for await (const chunk of child.stdout) {
    said += String(chunk)
    if (said.endsWith('\n')) child.kill('SIGKILL')
  }
  const [, signal] = await exit
  if (signal !== 'SIGKILL') throw new Error('The process ended before it was killed')
  const sessionIds: string[] = JSON.parse(said)
  return sessionIds
}
