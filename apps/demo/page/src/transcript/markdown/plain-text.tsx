export interface MarkdownProps {
  text: string
  /** Whether the text still grows: unfinished markup at its end is then shown as complete. */
  streaming: boolean
}

/** Shows Markdown unrendered. */
export function PlainText({ text }: MarkdownProps) {
  return <p className="whitespace-pre-wrap wrap-anywhere">{text}</p>
}
