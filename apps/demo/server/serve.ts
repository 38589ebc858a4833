import { fileURLToPath } from 'node:url'

import { announce } from './config/announce.ts'
import { type DemoConfig, readConfig } from './config/config.ts'
import { type Demo, startDemo } from './demo-server.ts'
import { explainError } from './config/explain-error.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

async function serve(): Promise<void> {
  let config: DemoConfig | undefined
  try {
    config = readConfig(process.env, process.argv.slice(2), root)
    // A supervisor starts the server with a channel to it, and starts it again after a kill.
    const supervised = process.connected
    const demo = await startDemo({ config, root, supervised })
    process.send?.(new URL(demo.url).port)
    announce(demo.url, config)
    closeOnSignal(demo, supervised)
  } catch (error) {
    const words = explainError(error, config)
    if (words === undefined) throw error
    console.error(words)
    process.exitCode = 1
  }
}

/** The first signal closes cleanly, the second exits at once. So does the end of the supervisor. */
function closeOnSignal(demo: Demo, supervised: boolean): void {
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
  process.on('disconnect', onSignal)
  // It went while this process started.
  if (supervised && !process.connected) onSignal()
}

await serve()
