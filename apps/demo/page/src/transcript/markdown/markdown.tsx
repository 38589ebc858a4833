import { type ComponentType, lazy, Suspense } from 'react'

import { type MarkdownProps, PlainText } from './plain-text.tsx'

const RenderedMarkdown = lazy(async (): Promise<{ default: ComponentType<MarkdownProps> }> => {
  try {
    const { RenderedMarkdown } = await import('./rendered-markdown.tsx')
    return { default: RenderedMarkdown }
  } catch (error) {
    console.warn(
      'Answers are shown as plain text, because the Markdown renderer failed to load:',
      error,
    )
    return { default: PlainText }
  }
})

/** Shows plain text until its renderer, half of the page's code, is loaded. */
export function Markdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<PlainText {...props} />}>
      <RenderedMarkdown {...props} />
    </Suspense>
  )
}

/** Loads the renderer before the first answer needs it. */
export function preloadMarkdown(): void {
  // The first answer tries again, and logs a failure.
  import('./rendered-markdown.tsx').catch(() => {})
}
