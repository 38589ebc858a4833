import type { AgentPart } from '@caughtup/schema'

import { type Pace, paced } from './paced.ts'
import { tokensOf } from './tokens.ts'

type Spoken = AsyncGenerator<AgentPart, void, undefined>

/** Streams a text token by token, as one part of the message. */
export async function* sayText(text: string, id: string, pace: Pace): Spoken {
  for await (const token of paced(tokensOf(text), pace)) {
    yield { type: 'text-delta', id, text: token }
  }
  yield { type: 'text-end', id }
}

/** Streams reasoning token by token, as one part of the message. */
export async function* sayReasoning(text: string, id: string, pace: Pace): Spoken {
  for await (const token of paced(tokensOf(text), pace)) {
    yield { type: 'reasoning-delta', id, text: token }
  }
  yield { type: 'reasoning-end', id }
}
