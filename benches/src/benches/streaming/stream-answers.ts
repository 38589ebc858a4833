import { existsSync } from 'node:fs'

import { CommitCounter } from './commit-counter.ts'
import { type Delay, watchDelay } from './delay.ts'
import type { Layout } from './layouts/layout.ts'
import { pace } from './pace.ts'
import { since, type Spent, spent } from '../../measure/spent.ts'
import { tokenText } from '../../measure/token-text.ts'

/** Of each answer. */
const tokensPerSecond = 50

export interface Streamed {
  /** Bytes of text. */
  text: number
  /** While the answers were streamed. */
  streaming: Spent & Delay & { commits: number }
  /** While they finished. */
  finishing: Delay
  /** From the first answer's start until the database was closed. */
  whole: Spent
}

/**
 * Streams `answers` answers at once for `seconds`, each at its own phase. They finish spread over the
 * same time, as if they had not begun together. Then the database rests for a tenth of that time, and
 * is closed.
 */
export async function streamAnswers(
  open: (file: string) => Promise<Layout>,
  file: string,
  { answers, seconds }: { answers: number; seconds: number },
): Promise<Streamed> {
  // The first opening creates the tables, so that the figures do not include that.
  await (await open(file)).close()
  const layout = await open(file)
  const beforeAll = spent()
  for (let answer = 0; answer < answers; answer++) await layout.start(answer)
  globalThis.gc?.()

  using commits = existsSync(`${file}-shm`) ? new CommitCounter(file) : undefined
  const commitsBefore = commits?.read() ?? 0
  const beforeStreaming = spent()
  const streamingDelay = watchDelay()
  const perAnswer = Math.ceil(seconds * tokensPerSecond)
  let text = 0
  await pace(answers * perAnswer, 1000 / tokensPerSecond / answers, (turn) => {
    const token = tokenText(turn % answers, Math.floor(turn / answers))
    text += token.length
    layout.append(turn % answers, token)
  })
  await layout.flush()
  const streaming = {
    ...since(beforeStreaming),
    ...streamingDelay(),
    commits: (commits?.read() ?? 0) - commitsBefore,
  }

  const finishingDelay = watchDelay()
  const finished: Promise<void>[] = []
  await pace(answers, (seconds * 1000) / answers, (turn) => finished.push(layout.finish(turn)))
  await Promise.all(finished)
  const finishing = finishingDelay()

  // Time for the layout's work at rest, such as packing.
  await new Promise((resolve) => setTimeout(resolve, seconds * 100))
  await layout.close()
  return { text, streaming, finishing, whole: since(beforeAll) }
}
