/** Lets a field grow with its text where the browser does not know `field-sizing`. */
export function fitHeight(field: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  // Shrunk first: an element's scrollHeight is never less than its height.
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
