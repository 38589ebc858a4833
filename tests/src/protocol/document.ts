import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { foldLine, isContinuation } from './fold-line.ts'

const file = path.resolve(import.meta.dirname, '../../../PROTOCOL.md')

/**
 * Consecutive lines of an example: those that the client sends (`>`) or receives (`<`), or events
 * meanwhile (`*`).
 */
export interface Group {
  mark: '>' | '<' | '*'
  lines: string[]
}

/** One fenced block of the document that is marked `http` or `ws`. */
export interface Example {
  /** Its place in the document, for the message of a failed test. */
  place: string
  transport: 'http' | 'ws'
  /** Blocks of the same name share a connection. */
  connection: string
  groups: Group[]
}

const block = /^```(http|ws)(?: (\S+))?\n(.*?)^```$/gms

export function readProtocol(): string {
  return readFileSync(file, 'utf8')
}

/** The examples of the document, in order, with their folded lines joined. */
export function examplesIn(text: string): Example[] {
  return [...text.matchAll(block)].map((match) => {
    const [, transport, connection, body = ''] = match
    const line = text.slice(0, match.index).split('\n').length
    return {
      place: `PROTOCOL.md:${line}`,
      transport: transport === 'ws' ? 'ws' : 'http',
      connection: connection ?? `line ${line}`,
      groups: groupsOf(body, line),
    }
  })
}

/** Replaces the groups of the document's first examples, in order. */
export function writeExamples(text: string, examples: readonly (readonly Group[])[]): void {
  let index = 0
  const next = text.replace(block, (whole: string) => {
    const [opening = ''] = whole.split('\n', 1)
    const groups = examples[index++]
    if (!groups) return whole
    const lines = groups.flatMap(({ mark, lines: own }) =>
      // A group without lines keeps its mark, so that one can see that nothing came.
      (own.length === 0 ? [''] : own).flatMap(foldLine).map((line) => `${mark} ${line}`.trimEnd()),
    )
    return [opening, ...lines, '```'].join('\n')
  })
  writeFileSync(file, next)
}

function groupsOf(body: string, blockLine: number): Group[] {
  const groups: Group[] = []
  for (const [index, line] of body.trimEnd().split('\n').entries()) {
    const mark = line.charAt(0)
    if (mark !== '>' && mark !== '<' && mark !== '*') {
      throw new Error(`PROTOCOL.md:${blockLine + index + 1} must begin with >, < or *: ${line}`)
    }
    const content = line.slice(2)
    const last = groups.at(-1)
    if (last?.mark !== mark) groups.push({ mark, lines: [content] })
    else if (isContinuation(content)) last.lines.push(`${last.lines.pop()}${content.trim()}`)
    else last.lines.push(content)
  }
  return groups
}
