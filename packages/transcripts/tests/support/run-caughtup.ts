import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import path from 'node:path'
import { Readable, Writable } from 'node:stream'

import { runCommand } from '../../src/bin/run-command.ts'

const program = path.join(import.meta.dirname, '../../src/bin/caughtup.ts')

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** The program as its own process. */
export class Caughtup {
  readonly child: ChildProcessWithoutNullStreams
  /** Resolves when it has ended. */
  readonly ended: Promise<Ended>

  /** @param nodeOptions - options of Node itself */
  constructor(args: readonly string[], nodeOptions: readonly string[] = []) {
    this.child = spawn(process.execPath, [...nodeOptions, program, ...args])
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text))
    }
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject)
      this.child.once('close', (code) => resolve({ code, ...output }))
    })
  }
}

/** Runs the command in this process, which starts faster. */
export async function runHere(args: readonly string[], stdin = ''): Promise<Ended> {
  const [stdout, stderr] = [new Collected(), new Collected()]
  const code = await runCommand(args, {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout,
    stderr,
  })
  return { code, stdout: stdout.text, stderr: stderr.text }
}

class Collected extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}
