import { createOpenAICompatible } from '@ai-sdk/openai-compatible'

/** Where an OpenAI-compatible model is reached. */
export interface ModelConfig {
  baseUrl: string
  apiKey: string
  name: string
}

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
