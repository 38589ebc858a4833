import type { Message, Part } from '@caughtup/schema'

import { byteSize } from '../../shared/byte-size.ts'

type FilePart = Extract<Part, { type: 'file' }>

/** What came with a prompt, in a sentence; empty without files. It says no more than the guide can tell. */
export function describeFiles({ parts }: Pick<Message, 'parts'>): string {
  const files = parts.flatMap((part) => (part.type === 'file' ? [describe(part)] : []))
  if (files.length === 0) return ''
  const got = new Intl.ListFormat('en').format(files)
  const them = files.length === 1 ? 'it' : 'them'
  return `You attached ${got}. I am not a language model, so I cannot look into ${them}.`
}

function describe({ filename, mediaType, url }: FilePart): string {
  const name = (filename ?? 'a file').replaceAll(/[`\n]/g, '')
  const bytes = bytesOf(url)
  const size = bytes === undefined ? '' : `, ${byteSize(bytes)}`
  return `\`${name}\` (${mediaType}${size})`
}

/** The length of the bytes in a data URL in base64. */
function bytesOf(url: string): number | undefined {
  const [, base64] = /^data:[^,]*;base64,(.*)$/s.exec(url) ?? []
  return base64 === undefined ? undefined : Buffer.byteLength(base64, 'base64')
}
