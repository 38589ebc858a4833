/** An element with attributes and children. Text is text, never HTML. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

export function button(label: string, press: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button' }, label)
  made.addEventListener('click', press)
  return made
}

/** A row of a table. */
export function cells(tag: 'td' | 'th', contents: readonly (Node | string)[]): HTMLElement {
  return element('tr', {}, ...contents.map((content) => element(tag, {}, content)))
}
