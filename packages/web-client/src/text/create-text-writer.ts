import { beginsWith } from './begins-with.ts'

/**
 * From this length on a text goes on in another block after the next line break. An addition costs the browser
 * as much as all that is laid out with it: 2.4 ms of script in one text of 50 kB (Chromium 156), and 0.1 ms in
 * a block of this size.
 */
const blockLength = 1_000

/**
 * A function that gives an element, which contains nothing but text, another one, and changes no more than
 * what differs. So a selection stays that does not touch it.
 *
 * A long text whose line breaks are seen is divided at some of them: behind the first block, each is a `<span>`
 * that is displayed as a block. It looks as before, and costs the same however long it grows.
 */
export function createTextWriter(element: Element): (text: string) => void {
  let blocks: Text[] = []
  let written = ''

  return (text) => {
    // It is another one at first, or if others write there.
    if (!holds(element, blocks, written.length)) {
      blocks = taken(element)
      written = blocks[0]?.data ?? ''
    }
    const before = written
    written = text
    if (!beginsWith(text, before)) return edit(before, text)
    append(text.slice(before.length), before.endsWith('\n'))
  }

  /** Goes on behind the last block; `isLine`: it ends with a line break. */
  function append(added: string, isLine: boolean): void {
    let from = 0
    let mayDivide = isLine
    while (from < added.length) {
      const last = blocks.at(-1)
      const isFull = last && mayDivide && last.length >= blockLength && showsLines(element)
      const block = last && !isFull ? last : addBlock()
      const lineEnd = added.indexOf('\n', from + Math.max(0, blockLength - block.length))
      const end = lineEnd < 0 ? added.length : lineEnd + 1
      block.appendData(added.slice(from, end))
      mayDivide = added[end - 1] === '\n'
      from = end
    }
  }

  function addBlock(): Text {
    const block = element.ownerDocument.createTextNode('')
    if (blocks.length === 0) {
      element.append(block)
    } else {
      const span = element.ownerDocument.createElement('span')
      span.style.display = 'block'
      span.append(block)
      element.append(span)
    }
    blocks.push(block)
    return block
  }

  function edit(before: string, text: string): void {
    const most = Math.min(before.length, text.length)
    let start = 0
    while (start < most && before[start] === text[start]) start++
    let same = 0
    while (same < most - start && before.at(-1 - same) === text.at(-1 - same)) same++
    // The block in which the change begins.
    let [place, from] = [0, 0]
    for (const { length } of blocks.slice(0, -1)) {
      if (from + length > start) break
      from += length
      place += 1
    }
    const block = blocks[place]
    const end = before.length - same
    // The line break at the end of a block stays there.
    const isLast = place === blocks.length - 1
    if (block && (isLast || end < from + block.length)) {
      block.replaceData(start - from, end - start, text.slice(start, text.length - same))
      return
    }
    for (const gone of blocks.splice(place)) rootOf(element, gone).remove()
    append(text.slice(from), true)
  }
}

function holds(element: Element, blocks: readonly Text[], length: number): boolean {
  const { childNodes } = element
  if (blocks.length !== childNodes.length) return false
  if (blocks.some((block, place) => rootOf(element, block) !== childNodes[place])) return false
  return blocks.reduce((sum, block) => sum + block.length, 0) === length
}

/** The element's only text if it has nothing else and is short, and nothing otherwise: it is then emptied. */
function taken(element: Element): Text[] {
  const { firstChild } = element
  const isOnly = firstChild !== null && firstChild === element.lastChild && isText(firstChild)
  if (isOnly && firstChild.length <= 2 * blockLength) return [firstChild]
  element.textContent = ''
  return []
}

/** A child of the element: the block itself, or the span around it. */
function rootOf(element: Element, block: Text): ChildNode {
  const { parentElement } = block
  return parentElement && parentElement !== element ? parentElement : block
}

/** Not by its class, which is another one in another window. */
function isText(node: Node): node is Text {
  return node.nodeType === 3
}

/** Whether line breaks of the text are line breaks on the screen. */
function showsLines(element: Element): boolean {
  const whiteSpace = element.ownerDocument.defaultView?.getComputedStyle(element).whiteSpace ?? ''
  return /^(pre|break-spaces)/.test(whiteSpace)
}
