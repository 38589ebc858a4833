import { randomUUID } from 'node:crypto'

import { chatFrame, type ChatFrameOf, type Presence, presence } from '@caughtup/schema'
import type { Notes } from '@caughtup/store'
import * as z from 'zod'

/** What server processes of one database tell each other. Any of it may be lost. */
export type PeerNote =
  /** A process has begun to listen; the others answer with `here`. */
  | { kind: 'hello' | 'here' }
  /** A transient for the watchers of a session. */
  | { kind: 'transient'; sessionId: string; frame: ChatFrameOf<'transient'> }
  /** Who is watching a session through one process; with `asks`, the others say that of theirs. */
  | { kind: 'watching'; sessionId: string; list: readonly Presence[]; asks: boolean }
  /**
   * How many streams a principal has open through one process, with the `streamId` of the newest that have
   * one and for how many ms these are open; with `asks`, the others say that of theirs.
   */
  | {
      kind: 'streams'
      principal: string
      open: number
      ids: readonly { id: string; age: number }[]
      asks: boolean
    }

/** Called with the name of the process that sent it. */
export type PeerListener = (note: PeerNote, from: string) => void

/** The other server processes of the same database, until it is closed. */
export class Peers {
  readonly #notes: Notes
  /** This process among them. */
  readonly name = randomUUID()
  readonly #listeners = new Set<PeerListener>()
  readonly #leave: () => void
  #hasOthers = false

  constructor(notes: Notes) {
    this.#notes = notes
    this.#leave = notes.listen((text) => this.#hear(text))
    this.tell({ kind: 'hello' })
  }

  /** Whether any other process was heard. */
  get hasOthers(): boolean {
    return this.#hasOthers
  }

  /** Whether it is under way. */
  tell(note: PeerNote): boolean {
    return this.#notes.send(JSON.stringify({ caughtup: this.name, ...note }))
  }

  listen(listener: PeerListener): void {
    this.#listeners.add(listener)
  }

  /** Hears nothing any more; it can still tell. */
  close(): void {
    this.#leave()
  }

  #hear(text: string): void {
    const read = readNote(text)
    if (!read) return
    this.#hasOthers = true
    if (read.note.kind === 'hello') this.tell({ kind: 'here' })
    for (const listener of this.#listeners) listener(read.note, read.from)
  }
}

const streamsNote = z.object({
  kind: z.literal('streams'),
  principal: z.string(),
  open: z.int().nonnegative(),
  ids: z.array(z.object({ id: z.string(), age: z.number() })),
  asks: z.boolean(),
})

/** `undefined` for what no server of this version has sent. */
function readNote(text: string): { note: PeerNote; from: string } | undefined {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null) return undefined
  const read: Record<string, unknown> = { ...value }
  const { caughtup: from, kind, sessionId } = read
  if (typeof from !== 'string') return undefined
  if (kind === 'hello' || kind === 'here') return { note: { kind }, from }
  if (kind === 'streams') {
    const { data: note } = streamsNote.safeParse(read)
    return note && { note, from }
  }
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
