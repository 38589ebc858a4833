import { Buffer } from 'node:buffer'

import type { CommittedBatch } from '../port/bus.ts'
import { readBatch } from './batches.ts'

/** What one process tells the others. */
export interface Told {
  /** With whether their members changed too. */
  sessions: ReadonlyMap<string, boolean> | 'all'
  notes: readonly string[]
  /** As JSON; see `batchJson`. */
  batches: readonly string[]
}

/** What a process heard of another one. */
export interface Heard extends Omit<Told, 'batches'> {
  from: string
  batches: readonly CommittedBatch[]
}

/** The members of a text have one letter. */
interface Wire {
  f: string
  /** Sessions whose members did not change. */
  s?: string[]
  /** Sessions whose members changed. */
  m?: string[]
  /** Notes. */
  n?: string[]
  /** Batches. */
  b?: unknown[]
  /** Any session may have changed. */
  a?: true
  /** Which of the texts that were sent at once, from the second on. */
  i?: number
}

type Kind = 's' | 'm' | 'n' | 'b'

/** With what the texts of a process begin. */
export function beginning(from: string): string {
  return `{"f":${JSON.stringify(from)}`
}

/**
 * The texts that tell it, each of at most so many bytes. What does not fit into one alone is left out. Each differs from
 * the others: of equal ones that are sent at once, NOTIFY delivers one.
 */
export function textsOf(from: string, told: Told, mostBytes: number): string[] {
  const { sessions, notes, batches } = told
  const start = beginning(from)
  const empty = Buffer.byteLength(`${start},"i":1000000,"s":[],"m":[],"n":[],"b":[]}`)
  const texts: string[] = []
  let lists: { [kind in Kind]?: string[] } = {}
  let bytes = empty
  const end = () => {
    const members = Object.entries(lists).map(
      ([kind, values]) => `,"${kind}":[${values.join(',')}]`,
    )
    const number = texts.length > 0 ? `,"i":${texts.length}` : ''
    texts.push(`${start}${number}${members.join('')}}`)
    lists = {}
    bytes = empty
  }
  const put = (kind: Kind, json: string) => {
    const size = Buffer.byteLength(json) + 1
    if (empty + size > mostBytes) return
    if (bytes + size > mostBytes) end()
    bytes += size
    lists[kind] ??= []
    lists[kind].push(json)
  }
  if (sessions === 'all') texts.push(`${start},"a":true}`)
  else for (const [id, members] of sessions) put(members ? 'm' : 's', JSON.stringify(id))
  for (const json of batches) put('b', json)
  for (const note of notes) put('n', JSON.stringify(note))
  if (bytes > empty || texts.length === 0) end()
  return texts
}

/** Whether a text of at most so many bytes can carry this JSON beside its sender's name. */
export function fits(json: string, mostBytes: number): boolean {
  return Buffer.byteLength(json) + 200 <= mostBytes
}

/** What a text says; `undefined` for one that nobody here wrote. */
export function readText(text: string): Heard | undefined {
  try {
    const { f: from, s = [], m = [], n: notes = [], b = [], a }: Wire = JSON.parse(text)
    if (typeof from !== 'string') return undefined
    const batches = b.map(readBatch)
    if (a) return { from, sessions: 'all', notes, batches }
    const sessions = new Map<string, boolean>()
    for (const id of s) sessions.set(id, false)
    for (const id of m) sessions.set(id, true)
    return { from, sessions, notes, batches }
  } catch {
    return undefined
  }
}
