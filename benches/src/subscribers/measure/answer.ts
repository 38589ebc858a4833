import type { Arrived } from '../client/group.ts'
import type { Usage } from '../processes/side-process.ts'
import type { WriteOrder, Written } from '../processes/write-tokens.ts'
import type { ClientProcess, SideProcess } from './processes.ts'

/** Subscribers of one session of a side. */
export interface Audience {
  session: string
  group: number
  server: SideProcess
  clients: ClientProcess
}

/** What an answer cost, and when it arrived. */
export interface AnswerFigures {
  written: Written
  arrived: Arrived
  before: Usage
  after: Usage
}

/** How long subscribers may take to get the rest after an answer was written, in seconds. */
const patience = 30

/**
 * The answer before the measured one: long enough that the code of each token is compiled, and bounded
 * for servers that take seconds to deliver it to many subscribers.
 */
function warmUp(count: number): WriteOrder {
  return { tokens: Math.min(1_000, Math.ceil(100_000 / count)), perSecond: 1_000, atMost: 5 }
}

/** Opens a session with subscribers that have got one answer already. */
export async function openAudience(
  { server, clients }: { server: SideProcess; clients: ClientProcess },
  { transport, count }: { transport: 'http' | 'websocket'; count: number },
): Promise<Audience> {
  const { session, subscription } = await server.call('open', transport)
  const group = await clients.call('connect', { subscription, count })
  await clients.call('subscribe', group)
  const audience = { session, group, server, clients }
  await sendAnswer(audience, warmUp(count))
  return audience
}

/** Writes an answer, and waits until every subscriber has all of it. */
export async function sendAnswer(
  { session, group, server, clients }: Audience,
  order: WriteOrder,
): Promise<AnswerFigures> {
  await clients.call('restart', group)
  const before = await server.call('usage', { collect: false })
  const written = await server.call('write', { session, ...order })
  const { characters, chain } = written
  const arrived = await clients.call('arrival', { group, characters, chain, within: patience })
  const after = await server.call('usage', { collect: false })
  return { written, arrived, before, after }
}

export function closeAudience({ clients, group }: Audience): Promise<void> {
  return clients.call('close', group)
}

/** How long so many tokens take at a pace. */
export function planned({ tokens }: Written, perSecond: number): number {
  return (tokens - 1) / perSecond
}
