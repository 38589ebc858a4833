import { createOpenAICompatible } from '@ai-sdk/openai-compatible'

/** The endpoint and name of an OpenAI-compatible model. */
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
    // Providers report the usage of a stream only on request.
    includeUsage: true,
  })
  return provider.chatModel(name)
}
