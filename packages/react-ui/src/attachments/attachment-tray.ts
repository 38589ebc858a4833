import type { Attachment, FilePart, Refusal, Upload } from './attachment.ts'
import { type AttachmentLimits, refusedAtOnce, refusedForSize } from './attachment-limits.ts'
import { embedFile, shrinkImage } from './embed-image.ts'

/** The files of the next prompt, and why others are not among them. Immutable. */
export interface Attached {
  readonly attachments: readonly Attachment[]
  /** Of the last attempt. */
  readonly refusals: readonly Refusal[]
}

/** How files are attached: without `upload` they are embedded. */
export interface Attaching {
  readonly upload: Upload | undefined
  readonly limits: AttachmentLimits
}

const nothing: Attached = { attachments: [], refusals: [] }

/** What is attached to the prompt that is being written. */
export class AttachmentTray {
  #attached = nothing
  #nextId = 1
  readonly #listeners = new Set<() => void>()
  readonly #aborts = new Map<number, AbortController>()

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly getSnapshot = (): Attached => this.#attached

  add(files: Iterable<File>, attaching: Attaching): void {
    this.#set({ refusals: [] })
    for (const file of files) {
      const refusal = refusedAtOnce(file, this.#attached.attachments.length, attaching.limits)
      if (refusal) this.#refuse(refusal)
      else {
        const isImage = file.type.startsWith('image/')
        // What is embedded is shown by its own data.
        const preview = attaching.upload && isImage && URL.createObjectURL(file)
        const entry = { id: this.#nextId++, file, bytes: 0, ...(preview && { preview }) }
        this.#set({
          attachments: [...this.#attached.attachments, { ...entry, state: 'uploading' }],
        })
        void this.#upload(entry.id, file, attaching)
      }
    }
  }

  /** Uploads a file again that failed. */
  retry(id: number, attaching: Attaching): void {
    const failed = this.#find(id)
    if (failed?.state !== 'failed') return
    const { error: _, ...file } = failed
    this.#replace({ ...file, state: 'uploading' })
    void this.#upload(id, file.file, attaching)
  }

  /** Removes a file, and aborts its upload. */
  remove(id: number): void {
    this.#drop(id)
    this.#set({ refusals: [] })
  }

  /** Removes all, and aborts what is under way. */
  clear(): void {
    for (const { id } of this.#attached.attachments) this.#drop(id)
    this.#set({ refusals: [] })
  }

  async #upload(id: number, file: File, { upload, limits }: Attaching): Promise<void> {
    const abort = new AbortController()
    this.#aborts.set(id, abort)
    try {
      const taken = upload ? file : await shrinkImage(file)
      const started = this.#find(id)
      if (!started || abort.signal.aborted) return
      const refusal = refusedForSize(taken, this.#bytesBeside(id), limits)
      if (refusal) {
        this.#drop(id)
        this.#refuse(refusal)
        return
      }
      this.#replace({ ...started, bytes: taken.size })
      const part = await (upload ?? embedFile)(taken, { signal: abort.signal })
      this.#settle(id, abort, { state: 'ready', part: filePart(part) })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#settle(id, abort, { state: 'failed', error: reason })
    }
  }

  /** What became of an upload, unless it was removed meanwhile. */
  #settle(
    id: number,
    { signal }: AbortController,
    end: { state: 'ready'; part: FilePart } | { state: 'failed'; error: string },
  ): void {
    const attachment = this.#find(id)
    if (!attachment || signal.aborted) return
    this.#aborts.delete(id)
    const { file, bytes, preview } = attachment
    const embedded = end.state === 'ready' && file.type.startsWith('image/') && end.part.url
    const shown = preview ?? (embedded || undefined)
    this.#replace({ id, file, bytes, ...(shown !== undefined && { preview: shown }), ...end })
  }

  #drop(id: number): void {
    const attachment = this.#find(id)
    if (!attachment) return
    if (attachment.preview?.startsWith('blob:')) URL.revokeObjectURL(attachment.preview)
    this.#aborts.get(id)?.abort()
    this.#aborts.delete(id)
    this.#set({ attachments: this.#attached.attachments.filter((one) => one !== attachment) })
  }

  #refuse(refusal: Refusal): void {
    this.#set({ refusals: [...this.#attached.refusals, refusal] })
  }

  #replace(attachment: Attachment): void {
    this.#set({
      attachments: this.#attached.attachments.map((one) =>
        one.id === attachment.id ? attachment : one,
      ),
    })
  }

  #find(id: number): Attachment | undefined {
    return this.#attached.attachments.find((one) => one.id === id)
  }

  #bytesBeside(id: number): number {
    return this.#attached.attachments.reduce(
      (sum, one) => (one.id === id ? sum : sum + one.bytes),
      0,
    )
  }

  #set(change: Partial<Attached>): void {
    this.#attached = { ...this.#attached, ...change }
    for (const listener of this.#listeners) listener()
  }
}

function filePart({ url, mediaType, filename }: Omit<FilePart, 'type'>): FilePart {
  return { type: 'file', mediaType, url, ...(filename !== undefined && { filename }) }
}
