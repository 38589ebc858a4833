/** Moves the focus to the message box, where people go on. */
export function focusComposer(): void {
  document.getElementById('composer')?.focus()
}

/** Does so once the page is drawn if what had the focus is gone: Tab would start at the page's top. */
export function rescueFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) focusComposer()
  })
}
