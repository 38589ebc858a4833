import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const server = fileURLToPath(new URL('../serve.ts', import.meta.url))
/** Long enough for a page to notice that the server is gone, in ms. */
const restartAfter = 1_000

/** Runs the server in a process of its own, and starts it again, on the same port, when it was killed. */
export function superviseOne(args: readonly string[]): void {
  let child: ChildProcess
  let ending = false

  const start = (env: NodeJS.ProcessEnv) => {
    let port = env['PORT']
    child = fork(server, args, { env })
    // A start on any free port is repeated on the one that was taken.
    child.on('message', (message) => {
      if (typeof message === 'string') port = message
    })
    child.on('exit', (code, signal) => {
      if (ending || signal !== 'SIGKILL') {
        process.exitCode = code ?? 1
        process.disconnect?.()
        return
      }
      console.log('The server was killed. It starts again.')
      setTimeout(() => {
        if (!ending) start({ ...env, PORT: port })
      }, restartAfter)
    })
  }

  // A terminal sends an interrupt to the server too.
  process.on('SIGINT', () => (ending = true))
  process.on('SIGTERM', () => {
    ending = true
    child.kill('SIGTERM')
  })
  start(process.env)
}
