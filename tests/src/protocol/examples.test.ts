import { afterAll, beforeAll, expect, test } from 'vitest'

import { examplesIn, type Group, readProtocol, writeExamples } from './document.ts'
import { foldLine } from './fold-line.ts'
import { ProtocolPlayer } from './protocol-player.ts'
import { type ExampleServer, openExampleServer } from './example-server.ts'

// `UPDATE_PROTOCOL=1` writes the real answers into PROTOCOL.md instead of comparing them.
const update = process.env['UPDATE_PROTOCOL'] === '1'

const text = readProtocol()
const examples = examplesIn(text)

let server: ExampleServer
let player: ProtocolPlayer

beforeAll(async () => {
  server = await openExampleServer()
  player = new ProtocolPlayer(server, { update })
})

afterAll(async () => {
  player.close()
  await server.close()
})

test('a real server answers as every example of PROTOCOL.md shows', async () => {
  expect(examples.length).toBeGreaterThan(0)
  const written: Group[][] = []
  try {
    for (const example of examples) {
      const played = await player.play(example).catch((error: unknown) => {
        throw new Error(`${example.place} cannot be played`, { cause: error })
      })
      written.push(played.written)
      if (update) continue
      expect({ [example.place]: readable(played.renamed) }).toEqual({
        [example.place]: readable(played.documented),
      })
    }
    if (!update) await player.finish()
  } finally {
    if (update) writeExamples(text, written)
  }
})

test('folding a line changes nothing but its line breaks', () => {
  for (const { groups } of examples) {
    for (const line of groups.flatMap(({ lines }) => lines)) {
      expect(
        foldLine(line)
          .map((part) => part.trim())
          .join(''),
      ).toBe(line.trim())
    }
  }
})

/** One line per value, so that a failure shows the value that differs. */
function readable(groups: readonly Group[]): string[] {
  return groups.flatMap(({ mark, lines }) =>
    lines.flatMap((line) => line.split(/(?<=,)(?=["{])/)).map((part) => `${mark} ${part}`),
  )
}
