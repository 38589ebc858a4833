import { readToolText } from './openai/tool-text.ts'

const entities = new Map([
  ['&quot;', '"'],
  ['&#x27;', "'"],
  ['&#39;', "'"],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&amp;', '&'],
])

/** The parts of an answer whose text has reasoning and calls as `<details>` of HTML. */
export function readDetails(text: string, messageId: string): unknown[] {
  const parts: unknown[] = []
  let end = 0
  for (const match of text.matchAll(/<details type="(\w+)"([^>]*)>([\s\S]*?)<\/details>/g)) {
    const [all, type, attributes = '', inner = ''] = match
    if (type !== 'reasoning' && type !== 'tool_calls') continue
    parts.push(...textPart(text.slice(end, match.index)))
    end = match.index + all.length
    const said = unescaped(inner.replace(/^\s*<summary>[\s\S]*?<\/summary>/, '').trim())
    if (type === 'reasoning') parts.push({ type: 'reasoning', text: said.replaceAll(/^> ?/gm, '') })
    else parts.push(readCall(attributes, said, `${messageId}-${parts.length}`))
  }
  return [...parts, ...textPart(text.slice(end))]
}

function readCall(attributes: string, said: string, likely: string): unknown {
  const found = new Map(
    [...attributes.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value = '']) => [
      name,
      unescaped(value),
    ]),
  )
  const input = readToolText(found.get('arguments') ?? '{}')
  // Some versions quote a string twice.
  const value = (text: string) => {
    const once = readToolText(text)
    return typeof once === 'string' ? readToolText(once) : once
  }
  const call = {
    type: 'dynamic-tool',
    toolCallId: found.get('id') || likely,
    toolName: found.get('name') || 'tool',
    input: typeof input === 'string' ? readToolText(input) : input,
  }
  const result = found.get('result') ?? said
  return found.get('done') === 'false'
    ? { ...call, state: 'input-available' }
    : { ...call, state: 'output-available', output: value(result) }
}

function textPart(text: string): unknown[] {
  return text.trim() === '' ? [] : [{ type: 'text', text: text.replace(/^\n+/, '') }]
}

function unescaped(text: string): string {
  return text.replaceAll(
    /&(?:quot|#x27|#39|lt|gt|amp);/g,
    (entity) => entities.get(entity) ?? entity,
  )
}
