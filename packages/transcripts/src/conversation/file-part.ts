/** The media type that a data URL names. */
export function mediaTypeOf(url: string): string | undefined {
  return /^data:([^;,]+)/.exec(url)?.[1]
}

/** A `file` part for bytes in base64, or for a URL of any kind. */
export function filePart(
  data: string,
  { mediaType, filename }: { mediaType?: string | undefined; filename?: unknown },
): Record<string, unknown> {
  const isUrl = /^(?:data|https?|file|blob):/i.test(data)
  const type = mediaType ?? mediaTypeOf(data) ?? (isUrl ? 'image/*' : 'application/octet-stream')
  return {
    type: 'file',
    mediaType: type,
    ...(typeof filename === 'string' && filename !== '' && { filename }),
    url: isUrl ? data : `data:${type};base64,${data}`,
  }
}

/** A `file` part that has a text in it. */
export function textFile(text: string, filename: unknown, mediaType = 'text/plain') {
  return filePart(Buffer.from(text).toString('base64'), { mediaType, filename })
}
