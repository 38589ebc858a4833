import { existsSync, mkdirSync, renameSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import type { TestProject } from 'vitest/node'

import { DemoProcess, temporaryFolder } from './demo-process.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the processes of the tests keep what they share. */
    sharedFolder: string
  }
}

export function setup(project: TestProject): () => void {
  const folder = temporaryFolder()
  project.provide('sharedFolder', folder.path)
  return folder.remove
}

/**
 * A folder with a database that was filled as at a first start, to be copied. Filling takes as long as many tests, so
 * whoever needs it first does it for all processes of the tests.
 */
export async function filledFolder(shared: string): Promise<string> {
  const [filling, filled] = [path.join(shared, 'filling'), path.join(shared, 'filled')]
  const isFirst = mkdirSync(filling, { recursive: true }) !== undefined
  if (existsSync(filled)) return filled
  if (isFirst) {
    const database = path.join(filling, 'demo.db')
    const demo = await DemoProcess.start({ database, fillTurns: 500 })
    await demo.filled()
    await demo.end()
    renameSync(filling, filled)
  }
  // Another process does it.
  while (!existsSync(filled)) await setTimeout(100)
  return filled
}
