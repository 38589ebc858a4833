import { fileURLToPath } from 'node:url'

import { type DemoConfig, readConfig } from './config.ts'
import { type Demo, startDemo } from './demo-server.ts'
import { explainError } from './explain-error.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

async function serve(): Promise<void> {
  let config: DemoConfig | undefined
  try {
    config = readConfig(process.env, process.argv.slice(2), root)
    // A supervisor starts the server with a channel to it, and starts it again after a kill.
    const supervised = process.connected
    const demo = await startDemo({ config, root, supervised })
    process.send?.(new URL(demo.url).port)
    console.log(`Caughtup demo: ${demo.url}`)
    console.log(answerSource(config))
    closeOnSignal(demo)
  } catch (error) {
    const words = explainError(error, config)
    if (words === undefined) throw error
    console.error(words)
    process.exitCode = 1
  }
}

function answerSource({ model }: DemoConfig): string {
  return model
    ? `Answers come from ${model.name} at ${model.baseUrl}.`
    : 'Answers quote this repository’s files. For answers from a language model, set OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL.'
}

/** The first signal closes cleanly, the second exits at once. */
function closeOnSignal(demo: Demo): void {
  let closing = false
  const onSignal = () => {
    if (closing) process.exit(130)
    closing = true
    demo.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error('Closing failed:', error)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  // The supervisor is gone.
  process.on('disconnect', onSignal)
}

await serve()
