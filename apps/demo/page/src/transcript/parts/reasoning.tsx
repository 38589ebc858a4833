import { Brain } from 'lucide-react'

import { Disclosure } from '../../ui/disclosure.tsx'
import { Markdown } from '../markdown/markdown.tsx'

/** Characters of the first or newest line that the closed card shows: more than fit its width. */
const tailLength = 160

export function Reasoning({ text, streaming }: { text: string; streaming: boolean }) {
  return (
    <Disclosure
      summary={
        <>
          <Brain
            aria-hidden
            size={15}
            className={`shrink-0 text-muted-foreground ${streaming ? 'breathe' : ''}`}
          />
          <span className="shrink-0 font-medium">{streaming ? 'Thinking' : 'Reasoning'}</span>
          <span className="min-w-0 truncate text-muted-foreground" aria-hidden>
            {streaming ? lastLine(text) : firstLine(text)}
          </span>
        </>
      }
    >
      {() => (
        <div className="text-muted-foreground">
          <Markdown text={text} streaming={streaming} />
        </div>
      )}
    </Disclosure>
  )
}

function firstLine(text: string): string {
  return text.slice(0, tailLength).split('\n', 1)[0] ?? ''
}

function lastLine(text: string): string {
  return text.slice(-tailLength).trimEnd().split('\n').at(-1) ?? ''
}
