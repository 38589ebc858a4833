import type { AgentPart, AgentUsage, ProviderMetadata } from '@caughtup/schema'
import { v7 as uuid } from 'uuid'

import type { AgentStream } from '../../host/agent.ts'
import { filePart, Sources, StreamedCall, Stretch } from './answer-parts.ts'
import { failureOf, type Fields } from './fields.ts'
import { ProviderError } from './provider-error.ts'
import { providerEvents, type ProviderStream } from './provider-events.ts'

/**
 * The parts of an answer that streams by OpenAI's chat completions, or those of a provider that is
 * compatible: text, reasoning (`reasoning_content`, `reasoning`), calls, refusals, sources, images, usage.
 * Of several choices it takes the first.
 *
 * @param stream - what the `openai` client returns for `stream: true`, or the response of a request of your own
 * @throws ProviderError if the provider reports an error, the stream stops before the answer's end, or is not
 *   what the API says. What was streamed before is kept.
 */
export async function* fromChatCompletions(stream: ProviderStream): AgentStream {
  const answer = new ChatAnswer()
  for await (const event of providerEvents(stream)) yield* answer.take(event)
  yield* answer.end()
}

class ChatAnswer {
  readonly #calls: { call: StreamedCall; index: number | undefined; extra?: ProviderMetadata }[] =
    []
  readonly #sources = new Sources()
  #open: Stretch | undefined
  #stretches = 0
  #hasStarted = false
  #refused = false
  #finishReason: string | undefined
  #usage: AgentUsage | undefined;

  *take(event: Fields): Generator<AgentPart> {
    const error = event.object('error')
    if (error) throw failureOf(error)
    if (!this.#hasStarted) yield { type: 'start-step' }
    this.#hasStarted = true
    const usage = event.object('usage')
    if (usage) this.#usage = usageOf(usage)
    const choice = event.list('choices').find((one) => (one.number('index') ?? 0) === 0)
    const delta = choice?.object('delta')
    if (delta) yield* this.#delta(delta)
    this.#finishReason = choice?.text('finish_reason') ?? this.#finishReason
  }

  *end(): Generator<AgentPart> {
    if (this.#finishReason === undefined) {
      throw new ProviderError('cut-off', "The provider's stream stopped before the answer's end.")
    }
    if (this.#finishReason === 'error') {
      throw new ProviderError('failed', 'The provider ended the answer with an error.')
    }
    yield* this.#close()
    for (const { call, extra } of this.#calls) yield* call.end(extra)
    const finishReason = this.#reason(this.#finishReason)
    yield { type: 'finish-step', finishReason, ...(this.#usage && { usage: this.#usage }) }
    yield { type: 'finish', finishReason }
  }

  *#delta(delta: Fields): Generator<AgentPart> {
    const reasoning = delta.text('reasoning_content') ?? delta.text('reasoning')
    if (reasoning) yield* this.#say('reasoning', reasoning)
    const text = delta.text('content')
    if (text) yield* this.#say('text', text)
    const refusal = delta.text('refusal')
    if (refusal) {
      this.#refused = true
      yield* this.#say('text', refusal)
    }
    for (const image of delta.list('images')) {
      const url = image.object('image_url')?.text('url')
      if (url !== undefined) yield* filePart(url)
    }
    for (const annotation of delta.list('annotations')) {
      const cited = annotation.object('url_citation')
      yield* this.#sources.add(cited?.text('url'), cited?.text('title'))
    }
    for (const call of delta.list('tool_calls')) yield* this.#call(call)
  }

  *#say(kind: 'text' | 'reasoning', text: string): Generator<AgentPart> {
    if (this.#open?.kind !== kind) yield* this.#close()
    this.#open ??= new Stretch(kind, `${kind}-${this.#stretches++}`)
    yield* this.#open.say(text)
  }

  *#close(): Generator<AgentPart> {
    yield* this.#open?.end() ?? []
    this.#open = undefined
  }

  /** Parallel calls are told apart by their index; some providers send none, or the same for all. */
  *#call(delta: Fields): Generator<AgentPart> {
    yield* this.#close()
    const [index, id] = [delta.number('index'), delta.text('id') || undefined]
    const fields = delta.object('function')
    const name = fields?.text('name') || undefined
    let known = this.#calls.findLast((one) => index === undefined || one.index === index)
    const isOther = id !== undefined && name !== undefined && id !== known?.call.toolCallId
    if (!known || isOther) {
      if (name === undefined) {
        throw new ProviderError(
          'malformed',
          "A call of the provider's stream begins without a name.",
        )
      }
      known = { call: new StreamedCall(id ?? uuid(), name), index }
      this.#calls.push(known)
      yield* known.call.start()
    }
    const extra = delta.object('extra_content')
    // Such as Gemini's signature of its thoughts, which it wants back with the call.
    if (extra) known.extra = extraMetadata(delta.get('extra_content'))
    yield* known.call.add(fields?.text('arguments') ?? '')
  }

  #reason(said: string): string {
    if (this.#refused) return 'content-filter'
    if (said === 'tool_calls' || said === 'function_call') return 'tool-calls'
    if (said === 'content_filter') return 'content-filter'
    return said === 'stop' && this.#calls.length > 0 ? 'tool-calls' : said
  }
}

function extraMetadata(extra: unknown): ProviderMetadata {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it came as JSON, or is checked when the part is stored
  return { openai: { extraContent: extra } } as ProviderMetadata
}

function usageOf(usage: Fields): AgentUsage {
  const cached =
    usage.object('prompt_tokens_details')?.number('cached_tokens') ??
    usage.number('prompt_cache_hit_tokens')
  return {
    inputTokens: usage.number('prompt_tokens'),
    outputTokens: usage.number('completion_tokens'),
    totalTokens: usage.number('total_tokens'),
    cachedInputTokens: cached,
    reasoningTokens: usage.object('completion_tokens_details')?.number('reasoning_tokens'),
  }
}
