import { type ComponentProps, memo } from 'react'
import { Streamdown } from 'streamdown'

import { useCodeHighlight } from './code-highlight.tsx'
import type { MarkdownProps } from './plain-text.tsx'

const components = { img: ImageLink }
const linkSafety = { enabled: false }
const controls = {
  code: { copy: true, download: false },
  table: { copy: true, download: false, fullscreen: false },
}

export const RenderedMarkdown = memo(function RenderedMarkdown({ text, streaming }: MarkdownProps) {
  const code = useCodeHighlight(text.includes('```'))
  return (
    <Streamdown
      className="prose-answer"
      components={components}
      controls={controls}
      isAnimating={streaming}
      lineNumbers={false}
      linkSafety={linkSafety}
      parseIncompleteMarkdown={streaming}
      {...(code && { plugins: code })}
    >
      {text}
    </Streamdown>
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
