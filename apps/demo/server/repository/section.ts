/** A stretch of a file that says one thing: what the search finds. */
export interface Section {
  path: string
  /** A heading, a declared name, or the file's name. */
  title: string
  kind: 'prose' | 'code' | 'test' | 'other'
  /** First and last line, from 1. */
  from: number
  to: number
  text: string
}
