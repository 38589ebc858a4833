import type { Append, Op } from '../event/op.ts'
import type { Part } from '../model/part.ts'

/** The parts after `ops`. Unchanged parts keep their identity; ops that do not fit are ignored. */
export function applyOps(parts: readonly Part[], ops: readonly Op[]): Part[] {
  const next = [...parts]
  for (const op of ops) {
    const current = next[op.part]
    if (op.op === 'put') {
      if (op.part <= next.length) next[op.part] = op.value
    } else if (current) {
      next[op.part] = appended(current, op)
    }
  }
  return next
}

/**
 * The shortest list of ops with the same effect as `first` followed by `second`: appends to a part
 * are joined, an append to a part that was put extends it, a put replaces earlier ops on its part.
 */
export function mergeOps(first: readonly Op[], second: readonly Op[]): Op[] {
  const merged = [...first]
  const lastOf = new Map<number, number>()
  merged.forEach((op, index) => lastOf.set(op.part, index))
  for (const op of second) {
    const index = lastOf.get(op.part)
    const earlier = index === undefined ? undefined : merged[index]
    if (index === undefined || earlier === undefined) {
      lastOf.set(op.part, merged.push(op) - 1)
    } else {
      merged[index] = joined(earlier, op)
    }
  }
  return merged
}

function joined(earlier: Op, later: Op): Op {
  if (later.op === 'put') return later
  if (earlier.op === 'put') {
    return { ...earlier, value: appended(earlier.value, later) }
  }
  return { ...earlier, ...later, text: earlier.text + later.text }
}

function appended(part: Part, { text, done, providerMetadata, citations }: Append): Part {
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
