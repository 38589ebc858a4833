export interface MarkdownProps {
  text: string
  /** While it grows, unfinished markup at its end is shown as if it were complete. */
  streaming: boolean
}

/** Shows markdown as it is written, without its renderer. */
export function PlainText({ text }: MarkdownProps) {
  return <p className="whitespace-pre-wrap wrap-anywhere">{text}</p>
}
