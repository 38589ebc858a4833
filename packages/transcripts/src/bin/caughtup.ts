#!/usr/bin/env node
const oldest = 24

// Imports come after this check: an older Node cannot parse the modules.
if (Number.parseInt(process.versions.node) < oldest) {
  process.stderr.write(`caughtup needs Node ${oldest} or newer; this is ${process.version}.\n`)
  process.exitCode = 2
} else {
  const { runCommand } = await import('./run-command.ts')
  process.exitCode = await runCommand(process.argv.slice(2), process)
}

export {}
