interface Known {
  /** SQL of the key of a session's row, of its floor and of its body. */
  key: string
  floor: string
  body: string
  /** SQL of an entry's seq and tag. */
  seq: string
  tag: string
}

/**
 * SQL: whether the newest entry up to a seq is that one, with this tag. A server that crashed may have lost it,
 * and others may have written in its place. Of entries that retention removed only the last one's tag is left.
 */
export function holds({ key, floor, body, seq, tag }: Known): string {
  // The body is looked into as text: functions of JSON take no such string as `"\u0000"`.
  const removed = `'"floor":' || ${floor} || ',"floorTag":' || to_json(${tag})::text`
  return `CASE WHEN ${floor} < ${seq}
    THEN (SELECT v.seq = ${seq} AND v.tag = ${tag} FROM $schema.events v
      WHERE v.session = ${key} AND v.first <= ${seq} ORDER BY v.first DESC LIMIT 1)
    ELSE ${floor} = ${seq} AND strpos(${body}, ${removed}) > 0 END`
}
