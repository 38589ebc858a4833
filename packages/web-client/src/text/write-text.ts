/**
 * Gives an element that contains nothing but text another one, and changes no more than what differs. So a
 * selection stays that does not touch it.
 */
export function writeText(element: Element, text: string): void {
  const node = element.firstChild
  if (!(node && node === element.lastChild && isText(node))) {
    element.textContent = text
    return
  }
  // By what is in the page and not by what was written last: others may write there, too.
  const { data } = node
  if (text.startsWith(data)) {
    if (text.length > data.length) node.appendData(text.slice(data.length))
    return
  }
  const most = Math.min(data.length, text.length)
  let start = 0
  while (start < most && data[start] === text[start]) start++
  let end = 0
  while (end < most - start && data.at(-1 - end) === text.at(-1 - end)) end++
  node.replaceData(start, data.length - end - start, text.slice(start, text.length - end))
}

/** Not by its class, which is another one in another window. */
function isText(node: Node): node is Text {
  return node.nodeType === 3
}
