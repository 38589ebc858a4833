/** In frames: a second. */
const longestWait = 60

/**
 * Moves the focus to an element once it is there, where what had the focus was taken away: the other version
 * of a message is another element. A person who has moved on meanwhile is left alone.
 */
export function focusWhenThere(document: Document, selector: string): void {
  const before = document.activeElement
  let left = longestWait
  const look = () => {
    const { activeElement, body } = document
    if (activeElement !== before && activeElement !== body) return
    const element = document.querySelector<HTMLElement>(selector)
    if (element) element.focus()
    else if (left-- > 0) requestAnimationFrame(look)
  }
  look()
}
