import { existsSync } from 'node:fs'

import { CommitCounter } from './commit-counter.ts'
import { type Delay, watchDelay } from './delay.ts'
import { type Layout, windowMs } from './layouts/layout.ts'
import { pace } from './pace.ts'
import { since, type Spent, spent } from '../../measure/spent.ts'
import { tokenText } from '../../measure/token-text.ts'

/** Of each answer. */
const tokensPerSecond = 50
/** As of answers of ten seconds, a thousand at once, that did not begin together. */
const finishesPerSecond = 100
const finishingSeconds = 1
const restMs = 1_000

export interface Load {
  answers: number
  /** How long they stream at their pace: the end of each answer. */
  seconds: number
  /** The seconds before, of which the tokens are written window by window without waiting. */
  secondsBefore: number
}

export interface Streamed {
  /** Bytes of text. */
  text: number
  /** While the answers were streamed at their pace. */
  streaming: Spent & Delay & { commits: number }
  /** While they finished. */
  finishing: Delay
  /** From the first answer's start until the database was closed. */
  whole: Spent
}

/**
 * Streams so many answers at once, each at its own phase. Some of them finish one after another, the
 * others then at once. Then the database rests for a moment, and is closed.
 */
export async function streamAnswers(
  open: (file: string) => Promise<Layout>,
  file: string,
  { answers, seconds, secondsBefore }: Load,
): Promise<Streamed> {
  // The first opening creates the tables, so that the figures do not include that.
  await (await open(file)).close()
  const layout = await open(file)
  const beforeAll = spent()
  for (let answer = 0; answer < answers; answer++) await layout.start(answer)
  let text = 0
  const append = (answer: number, n: number) => {
    const token = tokenText(answer, n)
    text += token.length
    layout.append(answer, token)
  }
  const tokensBefore = Math.floor(secondsBefore * tokensPerSecond)
  const perWindow = (tokensPerSecond * windowMs) / 1000
  for (let n = 0, window = 1; n < tokensBefore; n++) {
    for (let answer = 0; answer < answers; answer++) append(answer, n)
    if (n + 1 < window * perWindow) continue
    window++
    await layout.flush()
  }
  await layout.flush()

  using commits = existsSync(`${file}-shm`) ? new CommitCounter(file) : undefined
  const commitsBefore = commits?.read() ?? 0
  const beforeStreaming = spent()
  const streamingDelay = watchDelay()
  const perAnswer = Math.ceil(seconds * tokensPerSecond)
  await pace(answers * perAnswer, 1000 / tokensPerSecond / answers, (turn) =>
    append(turn % answers, tokensBefore + Math.floor(turn / answers)),
  )
  await layout.flush()
  const streaming = {
    ...since(beforeStreaming),
    ...streamingDelay(),
    commits: (commits?.read() ?? 0) - commitsBefore,
  }

  const finishingDelay = watchDelay()
  const inTurn = Math.min(answers, finishesPerSecond * finishingSeconds)
  const finished: Promise<void>[] = []
  await pace(inTurn, (finishingSeconds * 1000) / inTurn, (turn) =>
    finished.push(layout.finish(turn)),
  )
  const finishing = finishingDelay()
  for (let answer = inTurn; answer < answers; answer++) finished.push(layout.finish(answer))
  await Promise.all(finished)

  // Time for the layout's work at rest, such as packing.
  await new Promise((resolve) => setTimeout(resolve, restMs))
  await layout.close()
  return { text, streaming, finishing, whole: since(beforeAll) }
}
