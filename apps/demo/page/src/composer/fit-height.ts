/** Fits a field to its text in browsers without `field-sizing`. */
export function fitHeight(field: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  // Shrink it first: scrollHeight is never less than the height.
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
