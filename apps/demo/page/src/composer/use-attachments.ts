import type { PromptPart } from '@caughtup/schema'
import { useCallback, useState } from 'react'

import { byteSize } from '../format/number.ts'
import { useToasts } from '../ui/toasts.tsx'

export type Attachment = Extract<PromptPart, { type: 'file' }>

/** Of all images of a prompt, in bytes: as data they are a third longer, and a request may have 1 MiB. */
const mostBytes = 700_000

/** The images that are to go with the next prompt. */
export function useAttachments() {
  const { attempt } = useToasts()
  const [attached, setAttached] = useState<readonly Attachment[]>([])

  const add = useCallback(
    (files: Iterable<File>) =>
      attempt('Attaching', async () => {
        const added = [...attached]
        for (const file of files) {
          assertImage(file, added)
          const url = await dataUrl(file)
          added.push({ type: 'file', mediaType: file.type, filename: file.name, url })
        }
        setAttached(added)
      }),
    [attached, attempt],
  )
  const remove = (one: Attachment) => setAttached(attached.filter((other) => other !== one))
  const clear = () => setAttached([])
  return { attached, add, remove, clear }
}

function assertImage({ name, type, size }: File, attached: readonly Attachment[]): void {
  if (!type.startsWith('image/')) throw new Error(`${name} is not an image.`)
  const before = attached.reduce((sum, { url }) => sum + (url.length * 3) / 4, 0)
  if (before + size <= mostBytes) return
  const limit = byteSize(mostBytes)
  throw new Error(
    before === 0
      ? `${name} has ${byteSize(size)}; an image may have ${limit}.`
      : `${name} has ${byteSize(size)}; with the others that is more than ${limit}.`,
  )
}

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => {
      if (typeof reader.result === 'string') resolve(reader.result)
    })
    reader.addEventListener('error', () =>
      reject(new Error(`${file.name} could not be read.`, { cause: reader.error })),
    )
    reader.readAsDataURL(file)
  })
}
