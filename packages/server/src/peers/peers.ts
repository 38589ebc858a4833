import { randomUUID } from 'node:crypto'

import { chatFrame, type ChatFrameOf, type Presence, presence } from '@caughtup/schema'
import type { Notes } from '@caughtup/store'

/** What server processes of one database tell each other. Any of it may be lost. */
export type PeerNote =
  /** A process has begun to listen; the others answer with `here`. */
  | { kind: 'hello' | 'here' }
  /** A transient for the watchers of a session. */
  | { kind: 'transient'; sessionId: string; frame: ChatFrameOf<'transient'> }
  /** Who is watching a session through one process; with `asks`, the others say that of theirs. */
  | { kind: 'watching'; sessionId: string; list: readonly Presence[]; asks: boolean }

/** Called with the name of the process that sent it. */
export type PeerListener = (note: PeerNote, from: string) => void

/** The other server processes of the same database. */
export class Peers {
  readonly #notes: Notes
  readonly #name = randomUUID()
  #hasOthers = false

  constructor(notes: Notes) {
    this.#notes = notes
  }

  /** Whether any other process was heard. */
  get hasOthers(): boolean {
    return this.#hasOthers
  }

  /** Whether it is under way. */
  tell(note: PeerNote): boolean {
    return this.#notes.send(JSON.stringify({ caughtup: this.#name, ...note }))
  }

  /** Until the returned function is called. */
  listen(heard: PeerListener): () => void {
    const leave = this.#notes.listen((text) => {
      const read = readNote(text)
      if (!read) return
      this.#hasOthers = true
      if (read.note.kind === 'hello') this.tell({ kind: 'here' })
      heard(read.note, read.from)
    })
    this.tell({ kind: 'hello' })
    return leave
  }
}

/** `undefined` for what no server of this version has sent. */
function readNote(text: string): { note: PeerNote; from: string } | undefined {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null) return undefined
  const read: Record<string, unknown> = { ...value }
  const { caughtup: from, kind, sessionId } = read
  if (typeof from !== 'string') return undefined
  if (kind === 'hello' || kind === 'here') return { note: { kind }, from }
  if (typeof sessionId !== 'string') return undefined
  if (kind === 'transient') {
    const { data: frame } = chatFrame.safeParse(read['frame'])
    return frame?.type === 'transient' ? { note: { kind, sessionId, frame }, from } : undefined
  }
  const { data: list } = presence.safeParse(read['list'])
  if (kind !== 'watching' || !list) return undefined
  return { note: { kind, sessionId, list, asks: read['asks'] === true }, from }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Somebody else's.
    return undefined
  }
}
