import { setImmediate, setTimeout } from 'node:timers/promises'

import { emptyChain, extendChain, makeToken, sharedNow, tokenLength } from './token.ts'

export interface WriteOrder {
  tokens: number
  /** How fast; `null` for as fast as the other side takes them. */
  perSecond: number | null
  /** Stops early after so many seconds, whatever was written by then. */
  atMost: number
}

/** What was written, for subscribers to compare with what they got. */
export interface Written {
  tokens: number
  characters: number
  chain: number
  /** From the first token until the last one was taken. */
  seconds: number
  /** When the first token was written, on the shared clock. */
  startedAt: number
}

/** How many tokens a writer without a pace makes before it lets the event loop turn. */
const burst = 16

/** Makes tokens as a model would, each when it is due; returns a summary of them. */
export async function* writeTokens(order: WriteOrder): AsyncGenerator<string, Written, void> {
  const startedAt = sharedNow()
  let chain = emptyChain
  let tokens = 0
  for (; tokens < order.tokens; tokens++) {
    const elapsed = (sharedNow() - startedAt) / 1e6
    if (elapsed > order.atMost) break
    if (order.perSecond !== null) {
      const early = tokens / order.perSecond - elapsed
      if (early > 0) await setTimeout(early * 1000)
    } else if (tokens % burst === 0) await setImmediate()
    const text = makeToken()
    chain = extendChain(chain, Buffer.from(text, 'latin1'), 0, text.length)
    yield text
  }
  const seconds = (sharedNow() - startedAt) / 1e6
  return { tokens, characters: tokens * tokenLength, chain, seconds, startedAt }
}

/** Hands each token to a sink, and waits for it. */
export async function writeAll(
  order: WriteOrder,
  sink: (text: string) => void | Promise<void>,
): Promise<Written> {
  const tokens = writeTokens(order)
  for (;;) {
    const next = await tokens.next()
    if (next.done) return next.value
    await sink(next.value)
  }
}
