import { beginsWith } from './begins-with.ts'

/**
 * A function that gives an element, which contains nothing but text, another one, and changes no more than
 * what differs. So a selection stays that does not touch it.
 */
export function textWriter(element: Element): (text: string) => void {
  let written = ''
  return (text) => {
    const node = element.firstChild
    if (node && node === element.lastChild && isText(node)) {
      // Reading the text from the page costs a copy. It is another one at first, or if others write there.
      change(node, node.length === written.length ? written : node.data, text)
    } else {
      element.textContent = text
    }
    written = text
  }
}

/** Not by its class, which is another one in another window. */
function isText(node: Node): node is Text {
  return node.nodeType === 3
}

function change(node: Text, before: string, text: string): void {
  if (beginsWith(text, before)) {
    if (text.length > before.length) node.appendData(text.slice(before.length))
    return
  }
  const most = Math.min(before.length, text.length)
  let start = 0
  while (start < most && before[start] === text[start]) start++
  let end = 0
  while (end < most - start && before.at(-1 - end) === text.at(-1 - end)) end++
  node.replaceData(start, before.length - end - start, text.slice(start, text.length - end))
}
