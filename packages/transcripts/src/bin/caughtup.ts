#!/usr/bin/env node
const oldest = 24

// Nothing is imported before this: an older Node cannot even parse what is.
if (Number.parseInt(process.versions.node) < oldest) {
  process.stderr.write(`caughtup needs Node ${oldest} or newer; this is ${process.version}.\n`)
  process.exitCode = 2
} else {
  const { runCommand } = await import('./run-command.ts')
  process.exitCode = await runCommand(process.argv.slice(2), process)
}

export {}
