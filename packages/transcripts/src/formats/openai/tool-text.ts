import { isDeeper, maxDepth } from '../../base/parse-line.ts'

/**
 * The value of a tool result or of a call's arguments: parsed if the text is JSON and parsing does not
 * change it. Numbers of 16 digits and more would be rounded, and a lone `1.10` may be a version; such
 * texts stay strings.
 */
export function readToolText(text: string): unknown {
  let value: unknown
  let canonical: string
  try {
    value = JSON.parse(text)
    canonical = JSON.stringify(value)
  } catch {
    // Not JSON, or nested too deeply to be written again.
    return text
  }
  const isWhole = typeof value === 'object' && value !== null && !/[[:,\s-]\d{16}/.test(text)
  return (canonical === text || isWhole) && !isDeeper(value, maxDepth) ? value : text
}

/** The text that {@link readToolText} reads as this value. */
export function writeToolText(value: unknown): string {
  if (typeof value === 'string' && readToolText(value) === value) return value
  return JSON.stringify(value ?? null)
}
