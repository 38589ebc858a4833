import type { Append, Op } from '../event/op.ts'
import type { MessageMetadata } from '../model/message.ts'
import type { Part } from '../model/part.ts'

/** The parts after `ops`. Unchanged parts keep their identity; ops that do not fit are ignored. */
export function applyOps(parts: readonly Part[], ops: readonly Op[]): Part[] {
  const next = [...parts]
  for (const op of ops) {
    if (op.op === 'custom') continue
    const current = next[op.part]
    if (op.op === 'put') {
      if (op.part <= next.length) next[op.part] = op.value
    } else if (current) {
      next[op.part] = appended(current, op)
    }
  }
  return next
}

/** The metadata after `ops`; the same object if none of them changes it. */
export function withCustom(metadata: MessageMetadata, ops: readonly Op[]): MessageMetadata {
  const newest = ops.findLast((op) => op.op === 'custom')
  return newest ? { ...metadata, custom: newest.value } : metadata
}

/** A part with text appended. */
export function appended(part: Part, { text, done, providerMetadata, citations }: Append): Part {
  switch (part.type) {
    case 'text':
      return {
        ...part,
        text: part.text + text,
        ...(done && { state: 'done' }),
        ...(providerMetadata && { providerMetadata }),
        ...(citations && { citations }),
      }
    case 'reasoning':
      return {
        ...part,
        text: part.text + text,
        ...(done && { state: 'done' }),
        ...(providerMetadata && { providerMetadata }),
      }
    case 'dynamic-tool':
      if (part.state !== 'input-streaming') return part
      return {
        ...part,
        rawInput: part.rawInput + text,
        ...(providerMetadata && { callProviderMetadata: providerMetadata }),
      }
    case 'file':
    case 'reasoning-file':
    case 'source-url':
    case 'source-document':
    case 'custom':
    case 'step-start':
      return part
    default:
      return part satisfies { type: `data-${string}` }
  }
}
