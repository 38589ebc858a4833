import type { DemoConfig } from './config.ts'

/** Says where the demo is, and who answers. */
export function announce(url: string, { model }: DemoConfig): void {
  console.log(`Caughtup demo: ${url}`)
  console.log(
    model
      ? `Answers come from ${model.name} at ${model.baseUrl}.`
      : 'Answers quote this repository’s files. For answers from a language model, set OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL.',
  )
}
