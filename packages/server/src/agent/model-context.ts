import type { Message, Part } from '@caughtup/schema'
import { settleParts } from '@caughtup/schema/fold'
import { noticeType } from '@caughtup/schema/notice'
import type { Store } from '@caughtup/store'

import type { AttachedFiles } from './attached-files.ts'

/**
 * The model's context: all messages of the newest epoch, its summary first. They are valid for the AI
 * SDK's `convertToModelMessages` and `streamText`. They are the caller's own: others read the same window.
 *
 * @param open - the open message that a run goes on in, which is the last one then
 * @param files - reads attachments; without it, files by relative URLs are left out
 */
export async function modelContext(
  store: Store,
  sessionId: string,
  { signal, open, files }: { signal: AbortSignal; open?: string; files?: AttachedFiles },
): Promise<Message[]> {
  const { messages, head, hasOlder } = await store.window(sessionId, { signal })
  const stretches = [messages]
  let oldest = messages.at(0)
  let more = hasOlder
  // The messages before the window nearly always belong to the previous epoch: one is enough to see that.
  let limit = 1
  while (more && oldest) {
    const page = await store.page(sessionId, { before: oldest.order, limit }, { signal })
    if (page.epoch !== head.epoch || page.messages.length === 0) break
    stretches.unshift(page.messages)
    oldest = page.messages.at(0)
    more = page.hasOlder
    limit = store.limits.pageMost
  }
  const shown = stretches.flat().filter(({ id, status }) => status === 'done' || id === open)
  const filled = files ? await files.fill(shown, signal) : shown
  return structuredClone(filled.map(forModel).filter(hasContent))
}

/**
 * A message as providers accept it: every call has a result, no part is empty, every file is readable,
 * and each step has content.
 */
function forModel(message: Message): Message {
  const { parts, metadata, status } = message
  // The calls of an open one have results, or approvals that the agent acts on.
  const settled = status === 'open' ? parts : settleParts(parts, metadata.finishReason ?? 'stop')
  const kept = settled.filter(isForModel)
  return {
    ...message,
    parts: kept.flatMap((part, index) => {
      if (part.type === 'step-start') {
        const next = kept[index + 1]
        return next && next.type !== 'step-start' ? part : []
      }
      if (part.type !== 'dynamic-tool' || part.state !== 'output-error') return part
      const { rawInput: _, ...call } = part
      return call
    }),
  }
}

function isForModel(part: Part): boolean {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      // A provider may require its part back even without text.
      return part.text !== '' || part.providerMetadata !== undefined
    case 'file':
      return part.providerReference !== undefined || URL.canParse(part.url)
    case 'reasoning-file':
      return URL.canParse(part.url)
    case 'dynamic-tool':
      return part.state !== 'input-streaming'
    case 'source-url':
    case 'source-document':
    case 'custom':
    case 'step-start':
      return true
    default:
      return part.type !== noticeType
  }
}

function hasContent({ role, parts }: Message): boolean {
  switch (role) {
    case 'assistant':
      return parts.length > 0
    case 'user':
      return parts.some((part) => isWords(part) || part.type === 'file')
    case 'system':
      return parts.some(isWords)
  }
}

function isWords(part: Part): boolean {
  return part.type === 'text' && part.text !== ''
}
