import { Buffer } from 'node:buffer'

/** What one process tells the others. Its members have one letter on the wire. */
export interface Told {
  from: string
  /** With whether their members changed too. */
  sessions: ReadonlyMap<string, boolean> | 'all'
  notes: readonly string[]
}

interface Wire {
  f: string
  /** Sessions whose members did not change. */
  s?: string[]
  /** Sessions whose members changed. */
  m?: string[]
  /** Notes. */
  n?: string[]
  /** Any session may have changed. */
  a?: true
}

/** The texts that tell it, each of at most so many bytes. What does not fit into one alone is left out. */
export function textsOf({ from, sessions, notes }: Told, mostBytes: number): string[] {
  const empty = Buffer.byteLength(JSON.stringify({ f: from, s: [], m: [], n: [] }))
  const texts: string[] = []
  let wire: Wire = { f: from }
  let bytes = empty
  const end = () => {
    texts.push(JSON.stringify(wire))
    wire = { f: from }
    bytes = empty
  }
  const put = (kind: 's' | 'm' | 'n', value: string) => {
    const size = jsonBytes(value) + 1
    if (empty + size > mostBytes) return
    if (bytes + size > mostBytes) end()
    bytes += size
    wire[kind] ??= []
    wire[kind].push(value)
  }
  if (sessions === 'all') texts.push(JSON.stringify({ f: from, a: true } satisfies Wire))
  else for (const [id, members] of sessions) put(members ? 'm' : 's', id)
  for (const note of notes) put('n', note)
  if (bytes > empty || texts.length === 0) end()
  return texts
}

/** Whether a text of at most so many bytes can carry this note beside its sender's name. */
export function fits(note: string, mostBytes: number): boolean {
  return jsonBytes(note) + 200 <= mostBytes
}

/** What a text says; `undefined` for one that nobody here wrote. */
export function readText(text: string): Told | undefined {
  try {
    const { f: from, s = [], m = [], n: notes = [], a }: Wire = JSON.parse(text)
    if (typeof from !== 'string') return undefined
    if (a) return { from, sessions: 'all', notes }
    const sessions = new Map<string, boolean>()
    for (const id of s) sessions.set(id, false)
    for (const id of m) sessions.set(id, true)
    return { from, sessions, notes }
  } catch {
    return undefined
  }
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text))
}
