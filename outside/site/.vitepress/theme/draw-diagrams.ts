/** Its own bundle, which the build copies: Vite would take minutes to bundle it anew. */
const library = '/mermaid/mermaid.esm.min.mjs'
let drawing: Promise<void> = Promise.resolve()
let drawn = 0

/**
 * Draws the diagrams of the page, each over its source. What draws them is loaded only by pages that
 * have some.
 */
export function drawDiagrams(): void {
  drawing = drawing.then(draw).catch((error: unknown) => console.error(error))
}

async function draw(): Promise<void> {
  // The page is shown in the next turn.
  await new Promise((resolve) => setTimeout(resolve))
  const theme = document.documentElement.classList.contains('dark') ? 'dark' : 'neutral'
  const found = document.querySelectorAll<HTMLElement>(`.diagram:not([data-drawn=${theme}])`)
  if (found.length === 0) return
  const { default: mermaid }: typeof import('mermaid') = await import(/* @vite-ignore */ library)
  mermaid.initialize({ startOnLoad: false, theme, fontFamily: 'inherit' })
  for (const element of found) {
    const source = (element.dataset['source'] ??= element.textContent ?? '')
    // Its styles are by this id. Drawn where it will stand, because labels are measured with the styles of their place.
    const { svg } = await mermaid.render(`diagram-${drawn++}`, source, element)
    element.innerHTML = svg
    element.dataset['drawn'] = theme
  }
}
