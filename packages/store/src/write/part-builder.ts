import {
  type AgentPart,
  CaughtupError,
  excerpt,
  type Op,
  type Part,
  type ToolPart,
} from '@caughtup/schema'

import { storedPart, storedValue } from '../engine/json.ts'

/** What one part of an agent's stream does to the message. */
export interface Change {
  op: Op
  /** Whether others must see it before the agent goes on. */
  structural: boolean
}

/**
 * Turns the parts of an agent's stream into ops on its message. It remembers where each open
 * block and tool call stands, and nothing of their text.
 */
export class PartBuilder {
  #count: number
  /** Part index of the open text and reasoning blocks, by id. */
  readonly #blocks = {
    text: new Map<string | undefined, number>(),
    reasoning: new Map<string | undefined, number>(),
  }
  readonly #tools = new Map<string, { index: number; part: ToolPart }>()

  constructor(parts: readonly Part[], partCount: number) {
    this.#count = partCount
    for (const [index, part] of parts.entries()) {
      if (part.type === 'dynamic-tool') this.#tools.set(part.toolCallId, { index, part })
    }
  }

  /** Nothing is returned for what changes nothing. */
  change(part: AgentPart): Change | undefined {
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start':
        // A block becomes a part with its first text: an empty one is nothing to show.
        return undefined
      case 'text-delta':
        assertText(part, 'text', part.text)
        return this.#append('text', part.id, part.text)
      case 'reasoning-delta':
        assertText(part, 'text', part.text)
        return this.#append('reasoning', part.id, part.text)
      case 'text-end':
        return this.#end('text', part.id, false)
      case 'reasoning-end':
        return this.#end('reasoning', part.id, true)
      case 'tool-input-start':
        return this.#openTool(part)
      case 'tool-input-delta': {
        const tool = this.#tools.get(part.id)
        assertText(part, 'delta', part.delta)
        if (tool?.part.state !== 'input-streaming' || part.delta === '') return undefined
        return appended(tool.index, part.delta)
      }
      case 'tool-input-end':
        return undefined
      case 'tool-call':
        return this.#putTool(part.toolCallId, {
          ...this.#describe(part),
          state: 'input-available',
          input: storedValue(part.input),
        })
      case 'tool-result':
        return this.#putTool(part.toolCallId, {
          ...this.#describe(part),
          state: 'output-available',
          input: this.#inputOf(part),
          output: storedValue(part.output),
          ...this.#approvalOf(part.toolCallId),
          ...(part.preliminary && { preliminary: true }),
        })
      case 'tool-error':
        return this.#putTool(part.toolCallId, {
          ...this.#describe(part),
          state: 'output-error',
          input: this.#inputOf(part),
          errorText: errorText(part.error),
          ...this.#approvalOf(part.toolCallId),
        })
      case 'source':
        return this.#put(
          storedPart(
            part.sourceType === 'url'
              ? {
                  type: 'source-url',
                  sourceId: part.id,
                  url: part.url,
                  ...(part.title !== undefined && { title: part.title }),
                }
              : {
                  type: 'source-document',
                  sourceId: part.id,
                  mediaType: part.mediaType,
                  title: part.title,
                  ...(part.filename !== undefined && { filename: part.filename }),
                },
          ),
        )
      case 'file': {
        const { mediaType, base64 } = part.file
        const url = `data:${mediaType};base64,${base64}`
        return this.#put(storedPart({ type: 'file', mediaType, url }))
      }
      case 'start-step':
        this.#blocks.text.clear()
        this.#blocks.reasoning.clear()
        return this.#put({ type: 'step-start' })
      case 'start':
      case 'finish-step':
      case 'finish':
      case 'abort':
      case 'error':
        return undefined
      default:
        return this.#put(storedPart({ ...part, data: storedValue(part.data) }))
    }
  }

  /** A whole part of its own, behind those that are there. */
  #put(part: Part): Change {
    return { op: { op: 'put', part: this.#count++, value: part }, structural: false }
  }

  #append(kind: 'text' | 'reasoning', id: string | undefined, text: string): Change | undefined {
    if (text === '') return undefined
    const blocks = this.#blocks[kind]
    const index = blocks.get(id)
    // Without ids, a block ends where another part begins.
    if (index !== undefined && (id !== undefined || index === this.#count - 1)) {
      return appended(index, text)
    }
    blocks.set(id, this.#count)
    return this.#put({ type: kind, text, state: 'streaming' })
  }

  #end(
    kind: 'text' | 'reasoning',
    id: string | undefined,
    structural: boolean,
  ): Change | undefined {
    const blocks = this.#blocks[kind]
    const index = blocks.get(id)
    blocks.delete(id)
    if (index === undefined) return undefined
    return { op: { op: 'append', part: index, text: '', done: true }, structural }
  }

  #openTool(start: Extract<AgentPart, { type: 'tool-input-start' }>): Change {
    return this.#putTool(start.id, {
      ...this.#describe({ ...start, toolCallId: start.id }),
      state: 'input-streaming',
      rawInput: '',
    })
  }

  #putTool(toolCallId: string, part: ToolPart): Change {
    const known = this.#tools.get(toolCallId)
    // Before it takes a place: a refused part leaves no hole.
    const value = storedPart(part)
    const index = known?.index ?? this.#count++
    this.#tools.set(toolCallId, { index, part })
    return { op: { op: 'put', part: index, value }, structural: true }
  }

  /** What a call says of itself, once said, holds for its result too. */
  #describe(tool: {
    toolCallId: string
    toolName: string
    title?: string | undefined
    providerExecuted?: boolean | undefined
  }) {
    const known = this.#tools.get(tool.toolCallId)?.part
    const { title = known?.title, providerExecuted = known?.providerExecuted } = tool
    return {
      type: 'dynamic-tool' as const,
      toolCallId: tool.toolCallId,
      toolName: tool.toolName,
      ...(title !== undefined && { title }),
      ...(providerExecuted !== undefined && { providerExecuted }),
    }
  }

  /** The leave with which a call was made stays with what came of it. */
  #approvalOf(toolCallId: string) {
    const known = this.#tools.get(toolCallId)?.part
    if (!known || !('approval' in known) || !known.approval || !('approved' in known.approval)) {
      return {}
    }
    const { approved, ...approval } = known.approval
    return approved ? { approval: { ...approval, approved } } : {}
  }

  #inputOf(part: { toolCallId: string; toolName: string; input?: unknown }): unknown {
    if (part.input !== undefined) return storedValue(part.input)
    const known = this.#tools.get(part.toolCallId)?.part
    if (!known) {
      throw new CaughtupError(
        'BAD_INPUT',
        `The agent gave a result for tool call ${part.toolCallId} (${part.toolName}), which it never made.`,
        { field: 'toolCallId', value: part.toolCallId, reason: 'tool-call-unknown' },
      )
    }
    return known.state === 'input-streaming' ? null : known.input
  }
}

/** @throws CaughtupError `BAD_INPUT` for a delta without its text, for instance under another name */
function assertText(part: AgentPart, field: string, text: unknown): void {
  if (typeof text === 'string') return
  throw new CaughtupError('BAD_INPUT', `${part.type}.${field} is ${excerpt(text)}, and no text.`, {
    field: `${part.type}.${field}`,
    value: excerpt(part),
    reason: 'not-a-part',
  })
}

function appended(part: number, text: string): Change {
  return { op: { op: 'append', part, text }, structural: false }
}

function errorText(error: unknown): string {
  if (error instanceof Error) return error.message
  return typeof error === 'string' ? error : JSON.stringify(storedValue(error))
}
