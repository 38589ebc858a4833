import type { ReasoningPart, TextPart } from '../model/part.ts'
import { beginsWith } from './begins-with.ts'
import { isSame } from './same-value.ts'
import type { UiChunk } from './ui-chunk.ts'

type Block = TextPart | ReasoningPart

/** Of a text or of reasoning that has grown. Its id is its place, which never changes. */
export function blockChunks(
  was: Block | undefined,
  block: Block,
  index: number,
): UiChunk[] | undefined {
  if (was && (was.type !== block.type || !continues(was, block))) return undefined
  if (was && isDone(was)) return []
  const id = String(index)
  const { type, providerMetadata } = block
  const changed = isSame(was?.providerMetadata, providerMetadata)
    ? {}
    : { ...(providerMetadata && { providerMetadata }) }
  const delta = block.text.slice(was?.text.length)
  const chunks: UiChunk[] = []
  if (!was) chunks.push({ type: `${type}-start`, id, ...changed })
  if (delta !== '' || (was && 'providerMetadata' in changed)) {
    chunks.push({ type: `${type}-delta`, id, delta, ...(was && changed) })
  }
  if (isDone(block)) {
    const citations = block.type === 'text' ? block.citations : undefined
    chunks.push({ type: `${type}-end`, id, ...(citations && { citations }) })
  }
  return chunks
}

/** Nothing can be added to a block that is done. */
function continues(was: Block, block: Block): boolean {
  const { text, providerMetadata } = block
  if (!isDone(was)) {
    return beginsWith(text, was.text) && !(was.providerMetadata && !providerMetadata)
  }
  return isDone(block) && was.text === text && isSame(besides(was), besides(block))
}

function besides({ providerMetadata, ...block }: Block) {
  return { providerMetadata, citations: 'citations' in block ? block.citations : undefined }
}

/** A block that says nothing about its state was never streamed. */
function isDone({ state }: Block): boolean {
  return state !== 'streaming'
}
