import { type RefObject, useEffect } from 'react'

/** An end of a selection: the node, and its place in the text in case that the node is replaced. */
interface End {
  node: Node
  offset: number
  place: number
}

/**
 * Keeps what the reader has selected while the text around it grows. A browser collapses a selection
 * when the text of its node is set anew, which is how React lets a paragraph grow.
 *
 * @param growing false saves the work where nothing grows
 */
export function useKeptSelection(root: RefObject<HTMLElement | null>, growing: boolean): void {
  useEffect(() => {
    const element = root.current
    if (!growing || !element) return
    let kept = selectedEnds(element)
    const onSelect = () => void (kept = selectedEnds(element))
    // Told of a change before the selection that collapsed in it is.
    const observer = new MutationObserver(() => {
      const selection = document.getSelection()
      if (!kept || !selection?.isCollapsed) return
      const [anchor, focus] = kept.map((end) => found(element, end))
      if (anchor && focus) selection.setBaseAndExtent(...anchor, ...focus)
    })
    observer.observe(element, { characterData: true, childList: true, subtree: true })
    document.addEventListener('selectionchange', onSelect)
    return () => {
      observer.disconnect()
      document.removeEventListener('selectionchange', onSelect)
    }
  }, [root, growing])
}

function selectedEnds(root: HTMLElement): [End, End] | undefined {
  const selection = document.getSelection()
  if (!selection || selection.isCollapsed) return undefined
  const { anchorNode, focusNode, anchorOffset, focusOffset } = selection
  if (!anchorNode || !focusNode) return undefined
  if (!root.contains(anchorNode) && !root.contains(focusNode)) return undefined
  return [endOf(root, anchorNode, anchorOffset), endOf(root, focusNode, focusOffset)]
}

function endOf(root: HTMLElement, node: Node, offset: number): End {
  if (!root.contains(node)) return { node, offset, place: -1 }
  const range = document.createRange()
  range.setStart(root, 0)
  range.setEnd(node, offset)
  return { node, offset, place: range.toString().length }
}

function found(root: HTMLElement, { node, offset, place }: End): [Node, number] | undefined {
  if (node.isConnected && offset <= lengthOf(node)) return [node, offset]
  let left = place
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  for (let text = texts.nextNode(); text && left >= 0; text = texts.nextNode()) {
    if (left <= lengthOf(text)) return [text, left]
    left -= lengthOf(text)
  }
  return undefined
}

function lengthOf(node: Node): number {
  return node.nodeType === Node.TEXT_NODE ? (node.nodeValue ?? '').length : node.childNodes.length
}
