import type { AgentPart, AgentUsage, ProviderMetadata } from '@caughtup/schema'

import type { AgentStream } from '../../host/agent.ts'
import { filePart, Sources, StreamedCall, Stretch } from './answer-parts.ts'
import { failureOf, Fields } from './fields.ts'
import { ProviderError } from './provider-error.ts'
import { providerEvents, type ProviderStream } from './provider-events.ts'

/**
 * The parts of an answer that streams by OpenAI's Responses: text, summaries of reasoning, calls of functions
 * and custom tools, what OpenAI's own tools did, refusals, sources, images, usage. Item ids and encrypted
 * reasoning are kept as `providerMetadata.openai`, as the AI SDK's provider does.
 *
 * @param stream - what the `openai` client returns for `stream: true`, or the response of a request of your own
 * @throws ProviderError if the provider reports an error, the stream stops before the answer's end, or is not
 *   what the API says. What was streamed before is kept.
 */
export async function* fromResponses(stream: ProviderStream): AgentStream {
  const answer = new ResponsesAnswer()
  for await (const event of providerEvents(stream)) yield* answer.take(event)
  yield* answer.end()
}

class ResponsesAnswer {
  /** Open stretches and calls, by the id of their item and their place in it. */
  readonly #stretches = new Map<string, Stretch>()
  readonly #calls = new Map<string, StreamedCall>()
  readonly #sources = new Sources()
  #hasCalled = false
  #refused = false
  #finishReason: string | undefined
  #usage: AgentUsage | undefined;

  *take(event: Fields): Generator<AgentPart> {
    const type = event.text('type')
    switch (type) {
      case 'response.created':
        yield { type: 'start-step' }
        break
      case 'response.output_item.added':
        yield* this.#added(itemOf(event))
        break
      case 'response.output_item.done':
        yield* this.#done(itemOf(event))
        break
      case 'response.refusal.delta':
        this.#refused = true
        yield* this.#say('text', event, 'content_index')
        break
      case 'response.output_text.delta':
        yield* this.#say('text', event, 'content_index')
        break
      case 'response.reasoning_summary_text.delta':
        yield* this.#say('reasoning', event, 'summary_index')
        break
      case 'response.reasoning_text.delta':
        yield* this.#say('reasoning', event, 'content_index')
        break
      case 'response.output_text.annotation.added': {
        const cited = event.object('annotation')
        yield* this.#sources.add(cited?.text('url'), cited?.text('title'))
        break
      }
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        yield* this.#calls.get(event.text('item_id') ?? '')?.add(event.text('delta') ?? '') ?? []
        break
      case 'response.completed':
      case 'response.incomplete':
        this.#ended(event.object('response') ?? new Fields(undefined, 'event.response'))
        break
      case 'response.failed':
      case 'error':
        throw failureOf(event.object('response')?.object('error') ?? event.object('error') ?? event)
      case undefined:
        throw new ProviderError('malformed', "An event of the provider's stream has no type.")
    }
  }

  *end(): Generator<AgentPart> {
    const finishReason = this.#finishReason
    if (finishReason === undefined) {
      throw new ProviderError('cut-off', "The provider's stream stopped before the answer's end.")
    }
    for (const stretch of this.#stretches.values()) yield* stretch.end()
    yield { type: 'finish-step', finishReason, ...(this.#usage && { usage: this.#usage }) }
    yield { type: 'finish', finishReason }
  }

  *#say(kind: 'text' | 'reasoning', event: Fields, place: string): Generator<AgentPart> {
    const itemId = event.text('item_id') ?? ''
    const id = `${itemId}:${event.number(place) ?? 0}`
    const known = this.#stretches.get(id)
    // The parts of an item come one after the other.
    if (!known) yield* this.#close(itemId)
    const stretch = known ?? new Stretch(kind, id, metadata({ itemId }))
    if (!known) this.#stretches.set(id, stretch)
    yield* stretch.say(event.text('delta') ?? '')
  }

  *#added(item: Fields): Generator<AgentPart> {
    const type = item.text('type')
    if (type !== 'function_call' && type !== 'custom_tool_call') return
    const id = item.text('id') ?? ''
    const encoding = type === 'custom_tool_call' ? 'text' : 'json'
    const call = new StreamedCall(item.text('call_id') ?? id, item.text('name') ?? '', encoding)
    this.#calls.set(id, call)
    yield* call.start()
  }

  *#done(item: Fields): Generator<AgentPart> {
    const [type, id] = [item.text('type') ?? '', item.text('id') ?? '']
    if (type === 'message') yield* this.#close(id)
    else if (type === 'reasoning') yield* this.#reasoned(item, id)
    else if (type === 'function_call' || type === 'custom_tool_call') {
      this.#hasCalled = true
      yield* this.#calls.get(id)?.end(metadata({ itemId: id })) ?? []
      this.#calls.delete(id)
    } else if (type === 'image_generation_call') {
      const format = item.text('output_format') ?? 'png'
      yield* filePart(`data:image/${format};base64,${item.text('result') ?? ''}`)
    } else if (type.endsWith('_call')) yield* ownTool(item, type, id)
  }

  /** An item without a summary is kept too: the model wants its encrypted reasoning back. */
  *#reasoned(item: Fields, id: string): Generator<AgentPart> {
    const encrypted = item.text('encrypted_content')
    const said = metadata({
      itemId: id,
      ...(encrypted !== undefined && { reasoningEncryptedContent: encrypted }),
    })
    const isSilent = ![...this.#stretches.keys()].some((key) => key.startsWith(`${id}:`))
    if (isSilent && encrypted !== undefined) {
      const silent = new Stretch('reasoning', `${id}:0`, said)
      yield* silent.start()
      yield* silent.end(said)
    } else yield* this.#close(id, said)
  }

  *#close(itemId: string, said?: ProviderMetadata): Generator<AgentPart> {
    for (const [id, stretch] of this.#stretches) {
      if (!id.startsWith(`${itemId}:`)) continue
      yield* stretch.end(said)
      this.#stretches.delete(id)
    }
  }

  #ended(response: Fields): void {
    const usage = response.object('usage')
    if (usage) this.#usage = usageOf(usage)
    this.#finishReason = this.#reason(response.object('incomplete_details')?.text('reason'))
  }

  #reason(incomplete: string | undefined): string {
    if (incomplete === 'max_output_tokens') return 'length'
    if (incomplete === 'content_filter' || this.#refused) return 'content-filter'
    if (incomplete !== undefined) return 'other'
    return this.#hasCalled ? 'tool-calls' : 'stop'
  }
}

function itemOf(event: Fields): Fields {
  return event.object('item') ?? new Fields(undefined, 'event.item')
}

/** A call that OpenAI has made and answered itself, such as a search. */
function* ownTool(item: Fields, type: string, toolCallId: string): Generator<AgentPart> {
  const toolName = type.slice(0, -'_call'.length)
  const call = { toolCallId, toolName, providerExecuted: true, input: item.get('action') ?? {} }
  yield { type: 'tool-call', ...call, providerMetadata: metadata({ itemId: toolCallId }) }
  const output = item.get('results') ?? item.get('outputs') ?? item.get('output') ?? {}
  yield { type: 'tool-result', ...call, output }
}

function metadata(openai: ProviderMetadata[string]): ProviderMetadata {
  return { openai }
}

function usageOf(usage: Fields): AgentUsage {
  return {
    inputTokens: usage.number('input_tokens'),
    outputTokens: usage.number('output_tokens'),
    totalTokens: usage.number('total_tokens'),
    cachedInputTokens: usage.object('input_tokens_details')?.number('cached_tokens'),
    reasoningTokens: usage.object('output_tokens_details')?.number('reasoning_tokens'),
  }
}
