import { memo } from 'react'

import { countRow } from './bench-page.ts'

interface MessageLike {
  parts: readonly { type: string; text?: string }[]
}

/** A message as React draws it, on both sides: memoised, and so is each paragraph. */
export const Row = memo(function Row({ message }: { message: MessageLike }) {
  countRow()
  const text = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  return (
    <div className="row">
      {text.split(blankLine).map((paragraph, index) => (
        <Paragraph key={index} text={paragraph} />
      ))}
    </div>
  )
})

const Paragraph = memo(function Paragraph({ text }: { text: string }) {
  return <p>{text}</p>
})

/** Behind each, so that the paragraphs are together the whole text. */
const blankLine = /(?<=\n\n)/
