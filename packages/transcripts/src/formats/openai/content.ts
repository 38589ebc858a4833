import type { Part } from '@caughtup/schema'

import { asRecord, asText, badValue, isRecord } from '../../base/values.ts'
import { filePart as fileOf, mediaTypeOf, unknownPart } from '../../conversation/parts.ts'
import { noteOthers } from '../../conversation/remarks.ts'
import { providerMetadata } from '../../conversation/metadata.ts'
import type { Note } from '../../conversation/transcript.ts'

type FilePart = Extract<Part, { type: 'file' }>

const audioTypes = new Map([
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
])

/**
 * A message's content, a string or an array of content parts, as parts. A picture is `image/*` if its
 * URL does not name a type. An unknown content part is kept as a data part, which is not shown.
 *
 * @throws CaughtupError `BAD_INPUT` for an invalid part of a known type
 */
export function readContent(content: unknown, note: Note): unknown[] {
  if (content == null || content === '') return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw badValue('content', content, 'a string or an array')
  return content.map((part, index) => readContentPart(part, `content.${index}`, note))
}

function readContentPart(value: unknown, field: string, note: Note): unknown {
  if (typeof value === 'string') return { type: 'text', text: value }
  const part = asRecord(field, value)
  const type = asText(`${field}.type`, part['type'])
  switch (type) {
    case 'text':
    case 'refusal': {
      const { type: _, [type]: text, ...others } = part
      const said = providerMetadata('openai', others)
      return { type: 'text', text: asText(`${field}.${type}`, text), ...said }
    }
    case 'image_url': {
      const given = part['image_url']
      const image =
        typeof given === 'string' ? { url: given } : asRecord(`${field}.image_url`, given)
      const { url, detail: imageDetail, ...others }: Record<string, unknown> = image
      noteOthers(others, [], note, 'in image_url parts, ')
      const file = fileOf(asText(`${field}.image_url.url`, url), {})
      return { ...file, ...providerMetadata('openai', { imageDetail }) }
    }
    case 'input_audio': {
      const audio = asRecord(`${field}.input_audio`, part['input_audio'])
      const format = asText(`${field}.input_audio.format`, audio['format'])
      const mediaType = audioTypes.get(format) ?? `audio/${format}`
      const data = asText(`${field}.input_audio.data`, audio['data'])
      return { type: 'file', mediaType, url: `data:${mediaType};base64,${data}` }
    }
    case 'file': {
      const { file_data: url, filename } = asRecord(`${field}.file`, part['file'])
      const mediaType = typeof url === 'string' ? mediaTypeOf(url) : undefined
      if (typeof url !== 'string' || mediaType === undefined) return keepUnknown(part, type, note)
      return { type: 'file', mediaType, ...(typeof filename === 'string' && { filename }), url }
    }
    default:
      return keepUnknown(part, type, note)
  }
}

function keepUnknown(part: Record<string, unknown>, type: string, note: Note): unknown {
  return unknownPart('openai', part, `a content part of type ${type}`, note)
}

/** A part as a content part of a prompt; `undefined` if OpenAI's format has none for it. */
export function contentPart(part: Part): unknown {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'file':
      return filePart(part)
    case 'reasoning':
    case 'reasoning-file':
    case 'dynamic-tool':
    case 'source-url':
    case 'source-document':
    case 'custom':
    case 'step-start':
      return undefined
    default:
      return part.type === 'data-openai-part' && isRecord(part.data) ? part.data : undefined
  }
}

function filePart({ mediaType, url, filename }: FilePart): unknown {
  if (mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url } }
  for (const [format, audioType] of audioTypes) {
    const start = `data:${audioType};base64,`
    if (!url.startsWith(start)) continue
    return { type: 'input_audio', input_audio: { data: url.slice(start.length), format } }
  }
  if (mediaTypeOf(url) === undefined) return undefined
  return { type: 'file', file: { ...(filename !== undefined && { filename }), file_data: url } }
}
