import type { Message } from '@caughtup/schema'

import { forkedRecord } from '../../core/sessions/forked-record.ts'
import { deepFreeze } from './commit/deep-freeze.ts'
import type { ForkJob, SessionRow } from './tables/rows.ts'
import type { Tables, Transaction } from './tables/tables.ts'

/** About the size of one step. */
const stepMessages = 1_000
const stepBytes = 2 * 1024 * 1024

/** Of the newest messages, as many tell what model answered last and how full its context is. */
const newestMessages = 10

/**
 * Copies one stretch of a fork's messages. The last step begins its journal and shows it; a fork
 * whose source is gone goes too.
 */
export async function continueFork(
  tables: Tables,
  id: string,
  tag: string,
): Promise<'copying' | 'shown' | 'gone' | 'complete'> {
  return tables.transaction(async (transaction) => {
    const [image] = await transaction.lock([{ id }])
    if (!image) return 'gone'
    const { row } = image
    const { fork } = row
    if (!fork) return 'complete'
    const messages = await copyable(transaction, fork)
    if (!messages) {
      await transaction.deleteSession(row.key)
      return 'gone'
    }
    const [first] = messages
    if (first) {
      await copy(transaction, row, fork, messages)
      return 'copying'
    }
    await complete(transaction, row, fork, tag)
    return 'shown'
  })
}

/** The next messages of the source; `undefined` where it is gone. */
async function copyable(
  transaction: Transaction,
  { sourceId, source, copied, upTo }: ForkJob,
): Promise<readonly Message[] | undefined> {
  const range = { after: copied, before: upTo + 1, messages: stepMessages, bytes: stepBytes }
  const wanted = { messages: { ...range, from: 'oldest' as const } }
  const reading = await transaction.read({ id: sourceId }, wanted)
  return reading?.image.row.key === source ? reading.messages : undefined
}

async function copy(
  transaction: Transaction,
  row: SessionRow,
  fork: ForkJob,
  found: readonly Message[],
): Promise<void> {
  // Nothing runs in the new session that could finish an open message.
  const messages = found
    .filter(({ status }) => status === 'done')
    .map(({ version: _, ...message }) => deepFreeze({ ...message, revision: 1 }))
  await transaction.changeMessages([{ session: row.key, change: 'put', messages }])
  let { first, epochFirst } = fork
  let epoch = row.record.epoch
  for (const message of messages) {
    first ||= message.order
    if (epochFirst === 0 || message.epoch > epoch) epochFirst = message.order
    epoch = Math.max(epoch, message.epoch)
  }
  const copied = found.at(-1)?.order ?? fork.copied
  const count = fork.count + messages.length
  const job = { ...fork, copied, count, first, epochFirst }
  // The record of a hidden session says no more than how far its epochs are.
  await transaction.updateSessions([{ ...row, record: { ...row.record, epoch }, fork: job }])
}

async function complete(
  transaction: Transaction,
  { fork: _, ...row }: SessionRow,
  fork: ForkJob,
  tag: string,
): Promise<void> {
  const { key, id, createdAt } = row
  const { epochFirst: start } = fork
  const range = { from: 'newest', messages: newestMessages - 1, bytes: Infinity } as const
  const reading = await transaction.read({ id }, { messages: { ...range, after: start - 1 } })
  const oldest = await transaction.read(
    { id },
    { messages: { from: 'oldest', after: start - 1, messages: 1, bytes: Infinity } },
  )
  const newest = reading?.messages ?? []
  const { event, record } = forkedRecord(
    {
      count: fork.count,
      first: fork.first,
      last: fork.count > 0 ? (newest[0]?.order ?? 0) : 0,
      epoch: newest[0]?.epoch ?? 0,
      epochFirst: oldest?.messages[0],
      newest,
      newestPrompt: await transaction.lastPrompt(key, start, Number.MAX_SAFE_INTEGER),
    },
    createdAt,
  )
  const events = [deepFreeze(event)]
  await transaction.append([{ session: key, first: 1, seq: 1, tag, base: 0, events }])
  await transaction.updateSessions([{ ...row, record, tag }])
  // Rows that were imported into the source do not come again into the fork.
  await transaction.copyImports(fork.source, key)
  // The members have seen these messages in the source.
  await transaction.mark(key, record.lastOrder)
  await transaction.place([key])
}
