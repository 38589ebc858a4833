import {
  type AgentPart,
  type Append,
  CaughtupError,
  type Citations,
  type CustomMetadata,
  type Op,
  type Part,
  preview,
  type ProviderMetadata,
} from '@caughtup/schema'

import { customField, storedObject } from '../input/assert-limits.ts'
import { isStored, storedPart, storedValue } from '../input/stored-value.ts'
import { keptCitations, keptMetadata } from './kept-metadata.ts'
import { ToolCalls, type ToolSaid } from './tool-calls.ts'

/** What one part of an agent's stream does to the message. */
export interface Change {
  ops: readonly Op[]
  /** Whether it is committed before the agent continues. */
  structural: boolean
}

type BlockKind = 'text' | 'reasoning'
type SaidOfBlock = Extract<AgentPart, { type: `${BlockKind}-${'start' | 'delta' | 'end'}` }>
type SaidOf<T extends AgentPart['type']> = Extract<AgentPart, { type: T }>

/**
 * Turns the parts of an agent's stream into ops on its message. It remembers the index of each open
 * block, tool call and data part, and the host's metadata, but no text.
 */
export class PartBuilder {
  #count: number
  /** Part index of the open text and reasoning blocks, by id. */
  readonly #blocks = {
    text: new Map<string | undefined, number>(),
    reasoning: new Map<string | undefined, number>(),
  }
  readonly #tools: ToolCalls
  /** Part index of the data parts that have an id, by type and id. */
  readonly #data = new Map<string, number>()

  #custom: CustomMetadata

  constructor(parts: readonly Part[], custom: CustomMetadata = {}) {
    this.#custom = custom
    this.#count = parts.length
    this.#tools = new ToolCalls(parts)
    for (const [index, part] of parts.entries()) {
      if ('data' in part && part.id !== undefined)
        this.#data.set(dataKey(part.type, part.id), index)
    }
    // A writer that continues a message goes on in its last block.
    const last = parts.at(-1)
    if ((last?.type === 'text' || last?.type === 'reasoning') && last.state === 'streaming') {
      this.#blocks[last.type].set(undefined, parts.length - 1)
    }
  }

  get custom(): CustomMetadata {
    return this.#custom
  }

  /** Whether a tool call waits for an answer from outside. */
  get awaits(): boolean {
    return this.#tools.areAwaited
  }

  /** Whether a tool call has no result yet. */
  get hasOpenCalls(): boolean {
    return this.#tools.areOpen
  }

  /** Ends the open blocks, as nothing is added to the message for now. */
  endBlocks(): Change {
    const { text, reasoning } = this.#blocks
    const ended = [...reasoning.values(), ...text.values()]
    const structural = reasoning.size > 0
    text.clear()
    reasoning.clear()
    return { ops: ended.map((index) => append(index, '', { done: true })), structural }
  }

  /** Returns `undefined` for a part that changes nothing. */
  change(part: AgentPart): Change | undefined {
    switch (part.type) {
      case 'text-start':
        return this.#start('text', part)
      case 'reasoning-start':
        return this.#start('reasoning', part)
      case 'text-delta':
        return this.#append('text', part)
      case 'reasoning-delta':
        return this.#append('reasoning', part)
      case 'text-end':
        return this.#end('text', part, keptCitations(part.citations))
      case 'reasoning-end':
        return this.#end('reasoning', part)
      case 'tool-input-delta':
        assertText(part, 'delta', part.delta)
        return this.#appendInput(part, part.delta)
      case 'tool-input-end':
        return this.#appendInput(part, '')
      case 'tool-input-start':
      case 'tool-call':
      case 'tool-result':
      case 'tool-error':
      case 'tool-approval-request':
      case 'tool-approval-response':
      case 'tool-output-denied':
        return this.#putTool(part)
      case 'source':
        return this.#putNew(sourcePart(part))
      case 'file':
      case 'reasoning-file': {
        const { mediaType, base64, providerMetadata } = part.file
        const url = `data:${mediaType};base64,${base64}`
        const metadata = keptMetadata(part.providerMetadata ?? providerMetadata)
        return this.#putNew({ type: part.type, mediaType, url, ...withMetadata(metadata) })
      }
      case 'custom': {
        const metadata = keptMetadata(part.providerMetadata)
        return this.#putNew({ type: part.type, kind: part.kind, ...withMetadata(metadata) })
      }
      case 'start-step':
        this.#tools.nextStep()
        return after([this.endBlocks()], this.#putNew({ type: 'step-start' }))
      case 'message-metadata':
        return this.#addCustom(part.messageMetadata)
      case 'start':
      case 'finish-step':
      case 'finish':
      case 'abort':
      case 'error':
        return undefined
      default:
        return part.transient ? undefined : this.#putData(part)
    }
  }

  /** A new part at the end of the message. Blocks without an id end there: nothing else would end them. */
  #putNew(part: Part, structural = false): Change {
    // Checked before it gets an index, so that a refused part leaves no hole.
    const value = storedPart(part)
    const ended = [
      this.#end('reasoning', { type: 'reasoning-end' }),
      this.#end('text', { type: 'text-end' }),
    ]
    return after(ended, { ops: [put(this.#count++, value)], structural })
  }

  /**
   * A block becomes a part with its first text: an empty block shows nothing, unless its provider
   * wants it back. An open block of the same id ends here.
   */
  #start(kind: BlockKind, said: SaidOfBlock): Change | undefined {
    const ended = this.#end(kind, { ...said, providerMetadata: undefined })
    const metadata = keptMetadata(said.providerMetadata)
    if (!metadata) return ended
    return after([ended], this.#putBlock(kind, said.id, '', metadata))
  }

  #append(
    kind: BlockKind,
    said: SaidOf<'text-delta'> | SaidOf<'reasoning-delta'>,
  ): Change | undefined {
    const { id, text } = said
    assertText(said, 'text', text)
    const metadata = keptMetadata(said.providerMetadata)
    if (text === '' && !metadata) return undefined
    const index = this.#blocks[kind].get(id)
    return index === undefined
      ? this.#putBlock(kind, id, text, metadata)
      : buffered(append(index, text, withMetadata(metadata)))
  }

  #putBlock(
    kind: BlockKind,
    id: string | undefined,
    text: string,
    metadata: ProviderMetadata | undefined,
  ): Change {
    const change = this.#putNew(block(kind, id, text, metadata))
    this.#blocks[kind].set(id, this.#count - 1)
    return change
  }

  #end(kind: BlockKind, said: SaidOfBlock, citations?: Citations): Change | undefined {
    const index = this.#blocks[kind].get(said.id)
    this.#blocks[kind].delete(said.id)
    if (index === undefined) return undefined
    const metadata = keptMetadata(said.providerMetadata)
    const end = { done: true, ...withMetadata(metadata), ...(citations && { citations }) } as const
    // Others wait for the end of reasoning.
    return { ops: [append(index, '', end)], structural: kind === 'reasoning' }
  }

  #appendInput(
    said: SaidOf<'tool-input-delta'> | SaidOf<'tool-input-end'>,
    delta: string,
  ): Change | undefined {
    const index = this.#tools.streaming(said.id)
    const metadata = keptMetadata(said.providerMetadata)
    if (index === undefined || (delta === '' && !metadata)) return undefined
    return buffered(append(index, delta, withMetadata(metadata)))
  }

  #putTool(said: ToolSaid): Change | undefined {
    const call = this.#tools.take(said)
    if (!call) return undefined
    const change: Change =
      call.index === undefined
        ? this.#putNew(call.part, true)
        : { ops: [put(call.index, storedPart(call.part))], structural: true }
    this.#tools.put(call.index ?? this.#count - 1, call.part)
    return change
  }

  /** The newest value of each key counts. */
  #addCustom(added: Readonly<Record<string, unknown>>): Change | undefined {
    const value = { ...this.#custom, ...storedObject(customField, added) }
    if (isStored(this.#custom, value)) return undefined
    this.#custom = value
    return buffered({ op: 'custom', value })
  }

  /** A data part replaces the one of the same type and id, for instance to show progress. */
  #putData({ type, id, data }: SaidOf<`data-${string}`>): Change {
    const part: Part = { type, ...(id !== undefined && { id }), data: storedValue(data) }
    const known = id === undefined ? undefined : this.#data.get(dataKey(type, id))
    if (known !== undefined) return buffered(put(known, storedPart(part)))
    const change = this.#putNew(part)
    if (id !== undefined) this.#data.set(dataKey(type, id), this.#count - 1)
    return change
  }
}

/** @throws CaughtupError `BAD_INPUT` for a delta without its text, for instance under another name */
function assertText(part: AgentPart, field: string, text: unknown): void {
  if (typeof text === 'string') return
  throw new CaughtupError(
    'BAD_INPUT',
    `${part.type}.${field} is ${preview(text)}, and must be a text.`,
    {
      field: `${part.type}.${field}`,
      value: preview(part),
      reason: 'not-a-part',
    },
  )
}

function block(
  type: BlockKind,
  id: string | undefined,
  text: string,
  metadata: ProviderMetadata | undefined,
): Part {
  const rest = { text, state: 'streaming' as const, ...withMetadata(metadata) }
  if (type === 'text') return { type, ...rest }
  return { type, ...(id !== undefined && { id }), ...rest }
}

function sourcePart(said: SaidOf<'source'>): Part {
  const { id: sourceId, title } = said
  const metadata = withMetadata(keptMetadata(said.providerMetadata))
  if (said.sourceType === 'url') {
    const { url } = said
    return { type: 'source-url', sourceId, url, ...(title !== undefined && { title }), ...metadata }
  }
  const { mediaType, filename } = said
  return {
    type: 'source-document',
    sourceId,
    mediaType,
    title: said.title,
    ...(filename !== undefined && { filename }),
    ...metadata,
  }
}

function withMetadata(providerMetadata: ProviderMetadata | undefined) {
  return providerMetadata ? { providerMetadata } : {}
}

function dataKey(type: string, id: string): string {
  return `${type} ${id}`
}

/** The change with others before it. */
function after(before: readonly (Change | undefined)[], change: Change): Change {
  const changes = [...before.filter((one) => one !== undefined), change]
  return {
    ops: changes.flatMap(({ ops }) => ops),
    structural: changes.some(({ structural }) => structural),
  }
}

/** A change that is buffered for the flush window. */
function buffered(op: Op): Change {
  return { ops: [op], structural: false }
}

function put(part: number, value: Part): Op {
  return { op: 'put', part, value }
}

function append(part: number, text: string, rest: Omit<Append, 'op' | 'part' | 'text'>): Op {
  return { op: 'append', part, text, ...rest }
}
