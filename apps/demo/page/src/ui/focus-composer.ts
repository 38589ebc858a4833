/** Moves the focus to the message box, where people go on. */
export function focusComposer(): void {
  document.getElementById('composer')?.focus()
}

/** For how many frames it is watched whether what has the focus goes: a second. */
const watched = 60

/** Does so once what has the focus is gone, if it goes soon: Tab would start at the page's top. */
export function rescueFocus(): void {
  const had = document.activeElement
  let left = watched
  const look = () => {
    const has = document.activeElement
    if (has === document.body) focusComposer()
    else if (has === had && left-- > 0) requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
