import { createOpenAICompatible } from '@ai-sdk/openai-compatible'

import type { ModelConfig } from '../config.ts'

export function chatModel({ baseUrl, apiKey, name }: ModelConfig) {
  const provider = createOpenAICompatible({
    name: 'openai-compatible',
    baseURL: baseUrl,
    apiKey,
    // Providers count the tokens of a stream only when they are asked to.
    includeUsage: true,
  })
  return provider.chatModel(name)
}
