import { type ComponentType, lazy, Suspense } from 'react'

import { type MarkdownProps, PlainText } from './plain-text.tsx'

const RenderedMarkdown = lazy(async (): Promise<{ default: ComponentType<MarkdownProps> }> => {
  try {
    const { RenderedMarkdown } = await import('./rendered-markdown.tsx')
    return { default: RenderedMarkdown }
  } catch (error) {
    console.warn('Answers are shown as plain text:', error)
    return { default: PlainText }
  }
})

/** Its renderer is half of the page's code and is not waited for: until it is there, the text is. */
export function Markdown(props: MarkdownProps) {
  return (
    <Suspense fallback={<PlainText {...props} />}>
      <RenderedMarkdown {...props} />
    </Suspense>
  )
}

/** Asks for the renderer before the first answer needs it. */
export function preloadMarkdown(): void {
  // Whoever needs it will see the failure, and go without.
  import('./rendered-markdown.tsx').catch(() => {})
}
