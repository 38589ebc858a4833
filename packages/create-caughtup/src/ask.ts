import { createInterface } from 'node:readline/promises'

import { type Asked } from './command-line.ts'
import { asTemplate, type Template, templates } from './templates.ts'
import { UsageError } from './usage-error.ts'

/** Where questions are asked; `isTTY` says whether somebody is there to answer. */
export interface Terminal {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean }
  stdout: NodeJS.WritableStream
}

/** What is needed to begin. */
export interface Answers {
  target: string
  template: Template
}

/**
 * Asks for the folder and the template if they are missing.
 *
 * @throws UsageError if nobody is there to ask, or the answer is wrong
 */
export async function ask({ target, template }: Asked, terminal: Terminal): Promise<Answers> {
  if (target !== undefined && template !== undefined) return { target, template }
  if (!terminal.stdin.isTTY) {
    const missing = [target === undefined && 'FOLDER', template === undefined && '--template']
    throw new UsageError(`Missing: ${missing.filter(Boolean).join(' and ')}. See --help.`)
  }
  const lines = createInterface({ input: terminal.stdin, output: terminal.stdout })
  // Ctrl+C or Ctrl+D: nothing was asked for, and nothing is made.
  const closed = new Promise<never>((_, reject) =>
    lines.once('close', () => reject(new UsageError('Nothing was made.'))),
  )
  const question = (text: string) => Promise.race([lines.question(text), closed])
  try {
    const folder = target ?? ((await question('Folder (my-app): ')).trim() || 'my-app')
    if (template !== undefined) return { target: folder, template }
    for (const [name, what] of Object.entries(templates)) {
      terminal.stdout.write(`  ${name.padEnd(5)} ${what}\n`)
    }
    const answer = (await question('Template (hono): ')).trim() || 'hono'
    return { target: folder, template: asTemplate(answer) }
  } finally {
    closed.catch(() => {}) // from here on it closes because all was answered
    lines.close()
  }
}
