import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'

import { expect } from 'vitest'

import { repositoryRoot, type Sample } from './doc-samples.ts'

/** Runs a sample in a process of its own, with some text of it replaced. */
export function runSample(
  folder: string,
  { place, code }: Sample,
  replacements: Record<string, string> = {},
): ChildProcess {
  const file = path.join(folder, `run-${place.replace(/\W+/g, '-')}.ts`)
  writeFileSync(file, replaced(code, replacements))
  return spawn(process.execPath, [file], { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Expects each of the texts to be there. */
export function replaced(code: string, replacements: Record<string, string>): string {
  let result = code
  for (const [from, to] of Object.entries(replacements)) {
    expect(result).toContain(from)
    result = result.replaceAll(from, to)
  }
  return result
}

/** The first group of the first match in the process's output; rejects with that output if it ends before. */
export function printed(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const [, found] = pattern.exec(output) ?? []
      if (found !== undefined) resolve(found)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => reject(new Error(`ended with ${code}, having printed: ${output}`)))
  })
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
