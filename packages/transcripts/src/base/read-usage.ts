import { addUsage, type Usage, usage as usageSchema } from '@caughtup/schema'

import { isRecord } from './values.ts'

/** The paths of each count in the usage of the providers; the first one present counts. */
const places: Record<keyof Usage, readonly string[]> = {
  inputTokens: [
    'inputTokens',
    'input_tokens',
    'prompt_tokens',
    'promptTokens',
    'prompt_eval_count',
  ],
  outputTokens: [
    'outputTokens',
    'output_tokens',
    'completion_tokens',
    'completionTokens',
    'eval_count',
  ],
  reasoningTokens: [
    'reasoningTokens',
    'outputTokenDetails.reasoningTokens',
    'output_tokens_details.reasoning_tokens',
    'completion_tokens_details.reasoning_tokens',
    'output_token_details.reasoning',
  ],
  cachedInputTokens: [
    'cachedInputTokens',
    'inputTokenDetails.cacheReadTokens',
    'cache_read_input_tokens',
    'input_tokens_details.cached_tokens',
    'prompt_tokens_details.cached_tokens',
    'input_token_details.cache_read',
  ],
  cacheWriteTokens: [
    'cacheWriteTokens',
    'inputTokenDetails.cacheWriteTokens',
    'cache_creation_input_tokens',
    'input_token_details.cache_creation',
  ],
  totalTokens: ['totalTokens', 'total_tokens'],
}

/** The token counts in any provider's usage; `undefined` if it has none. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined
  const found: Record<string, unknown> = {}
  for (const [name, paths] of Object.entries(places)) {
    const count = paths.map((path) => at(value, path)).find((each) => isCount(each))
    if (count !== undefined) found[name] = count
  }
  const { data } = usageSchema.safeParse(found)
  if (!data || Object.keys(data).length === 0) return undefined
  // Anthropic does not count the tokens that its cache read and wrote as input.
  const isApart = 'cache_read_input_tokens' in value || 'cache_creation_input_tokens' in value
  const { cachedInputTokens = 0, cacheWriteTokens = 0 } = data
  return isApart ? addUsage(data, { inputTokens: cachedInputTokens + cacheWriteTokens }) : data
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((outer, name) => (isRecord(outer) ? outer[name] : undefined), value)
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
