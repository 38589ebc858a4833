/**
 * To be called before an element is removed. If it has the focus, that goes to the heir, unless somebody
 * else takes it: on the body, the keyboard would scroll nothing, and Tab begin at the page's top.
 *
 * @param heir asked once the element is gone; null leaves it to others
 */
export function passFocusOn(leaving: HTMLElement, heir: () => HTMLElement | null): void {
  const { ownerDocument: page } = leaving
  if (!leaving.contains(page.activeElement)) return
  queueMicrotask(() => {
    if (page.activeElement !== page.body || leaving.isConnected) return
    heir()?.focus({ preventScroll: true })
  })
}
