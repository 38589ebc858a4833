import { beginsWith } from './begins-with.ts'

/** A text in blocks. All of them, joined, are the text. */
export interface TextBlocks {
  /** Blocks that do not change any more while the text grows; the same array while there is no other one. */
  readonly finished: readonly string[]
  /** The rest, which still grows. */
  readonly open: string
}

/**
 * A function that splits a Markdown text into blocks, so that a page parses and draws only the last one while
 * the text grows. Give it one text as it is each time: it goes on where it was, or after an edit begins anew.
 *
 * A block ends at blank lines outside of fenced code, before a line that is neither indented nor may
 * continue a list. Blocks are rendered by themselves, so a link cannot refer to a definition in another one.
 *
 * Finished blocks are copies: a slice would keep the text from which it was cut in memory, and so each
 * memoised block another whole text.
 */
export function createBlockSplitter(): (text: string) => TextBlocks {
  let state = begin()
  return (text) => {
    if (!beginsWith(text, state.text)) state = begin()
    state = goOn(state, text)
    return state.blocks
  }
}

interface State {
  text: string
  blocks: TextBlocks
  /** Where the open block begins. */
  from: number
  /** Where the first line that was not looked at begins. */
  line: number
  /** The fence of the code that is open. */
  fence: string | undefined
  isList: boolean
  /** Whether the open block has a line that is not blank. */
  hasContent: boolean
  /** Whether the line before is blank, outside of code. */
  isBlank: boolean
}

function begin(): State {
  return {
    text: '',
    blocks: { finished: [], open: '' },
    from: 0,
    line: 0,
    fence: undefined,
    isList: false,
    hasContent: false,
    isBlank: false,
  }
}

const listItem = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/
/** What a line of a list that goes on may begin with, even if its rest is not there yet. */
const mayContinueList = /^[-*+\d]/

function goOn(state: State, text: string): State {
  const next = { ...state, text }
  const finished: string[] = []
  for (;;) {
    const end = text.indexOf('\n', next.line)
    // A line that is not complete may tell already that it begins a block.
    const line = text.slice(next.line, end < 0 ? text.length : end)
    if (next.isBlank && next.hasContent && beginsBlock(line, next.isList)) {
      finished.push(copy(text.slice(next.from, next.line)))
      Object.assign(next, { from: next.line, hasContent: false })
    }
    if (end < 0) break
    readLine(next, line)
    next.line = end + 1
  }
  const { blocks } = state
  next.blocks = {
    finished: finished.length > 0 ? [...blocks.finished, ...finished] : blocks.finished,
    open: text.slice(next.from),
  }
  return next
}

function beginsBlock(line: string, isList: boolean): boolean {
  return /^\S/.test(line) && !(isList && mayContinueList.test(line))
}

/** Takes in a complete line. */
function readLine(state: State, line: string): void {
  const isBlank = line.trim() === ''
  if (!isBlank && !state.hasContent) state.isList = listItem.test(line)
  state.hasContent ||= !isBlank
  if (state.fence === undefined) state.fence = opening.exec(line)?.[1]
  else if (closes(line, state.fence)) state.fence = undefined
  state.isBlank = isBlank && state.fence === undefined
}

/** After backticks that begin code, the line has no other ones. */
const opening = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/

function closes(line: string, fence: string): boolean {
  return /^ {0,3}(`+|~+)\s*$/.exec(line)?.[1]?.startsWith(fence) === true
}

/** The same text, which keeps no other one in memory. */
function copy(text: string): string {
  return structuredClone(text)
}
