import { lazy, Suspense } from 'react'

export interface MarkdownProps {
  text: string
  /** While it grows, unfinished markup at its end is shown as if it were complete. */
  streaming: boolean
}

const RenderedMarkdown = lazy(async () => {
  const { RenderedMarkdown } = await import('./rendered-markdown.tsx')
  return { default: RenderedMarkdown }
})

/** Its renderer is half of the page's code and is not waited for: until it is there, the text is. */
export function Markdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<p className="whitespace-pre-wrap wrap-anywhere">{props.text}</p>}>
      <RenderedMarkdown {...props} />
    </Suspense>
  )
}
