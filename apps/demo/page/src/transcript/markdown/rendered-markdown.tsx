import { type ComponentProps, memo, useRef } from 'react'
import { Streamdown, type ThemeInput } from 'streamdown'

import { useCodeHighlight } from './code-highlight.tsx'
import type { MarkdownProps } from './plain-text.tsx'
import { useFocusableScrollers } from './use-focusable-scrollers.ts'
import { useKeptSelection } from './use-kept-selection.ts'
import { useStillText } from './use-still-text.ts'

const components = { img: ImageLink }
const linkSafety = { enabled: false }
/** GitHub's usual themes have an orange and a gray that are too light to read on white. */
const shikiTheme: [ThemeInput, ThemeInput] = [
  'github-light-high-contrast',
  'github-dark-high-contrast',
]
const controls = {
  code: { copy: true, download: false },
  table: { copy: true, download: false, fullscreen: false },
}

export const RenderedMarkdown = memo(function RenderedMarkdown({ text, streaming }: MarkdownProps) {
  const root = useRef<HTMLDivElement>(null)
  const code = useCodeHighlight(text.includes('```'))
  const shown = useStillText(root, text, streaming)
  useKeptSelection(root, streaming)
  useFocusableScrollers(root)
  return (
    <div ref={root}>
      <Streamdown
        className="prose-answer"
        components={components}
        controls={controls}
        isAnimating={streaming}
        lineNumbers={false}
        linkSafety={linkSafety}
        parseIncompleteMarkdown={streaming}
        shikiTheme={shikiTheme}
        tableMaxHeight={Infinity}
        {...(code && { plugins: code })}
      >
        {shown}
      </Streamdown>
    </div>
  )
})

/** Shows an image as a link: the page fetches nothing from addresses that a model chooses. */
function ImageLink({ src, alt }: ComponentProps<'img'>) {
  return (
    <a
      href={typeof src === 'string' ? src : undefined}
      target="_blank"
      rel="noreferrer"
      className="font-medium text-primary underline"
    >
      {alt || 'Image'}
    </a>
  )
}
