import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'

/** Draws the page. */
export function show(content: ReactNode): void {
  const element = document.querySelector('#root')
  if (element) createRoot(element).render(content)
}
