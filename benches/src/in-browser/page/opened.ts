declare global {
  interface Window {
    /** When what was on screen, in ms since the navigation. */
    opened: { shown?: number; live?: number }
  }
}

window.opened = {}

/** Notes the end of the frame that shows what was drawn just now. */
export function note(what: keyof Window['opened']): void {
  requestAnimationFrame(() => setTimeout(() => (window.opened[what] ??= performance.now())))
}
