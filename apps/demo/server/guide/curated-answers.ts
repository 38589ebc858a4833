import { termsOf } from '../repository/terms.ts'

/** An answer that was written for a question which many ask. */
export interface CuratedAnswer {
  /** Ways to ask it. A prompt that shares most of its words with one of them is answered with the text. */
  asks: readonly string[]
  /** Markdown. */
  text: string
  /** Where it is from, by file and heading. The code of the first one is shown if `code` is set. */
  sources: readonly { path: string; title: string }[]
  code?: true
}

export const curatedAnswers: readonly CuratedAnswer[] = [
  {
    asks: [
      'What is Caughtup?',
      'What is this?',
      'What is it for?',
      'What is this project for?',
      'Explain Caughtup to a newcomer',
      'Why would I use Caughtup?',
    ],
    text: `Caughtup is the session layer between an agent and the people who talk to it, for teams that host it
themselves. A backend embeds the **server** and the **store**, a frontend imports the **client**, and one schema
types all of it end to end.

Its promise: *any client, after any interruption, is caught up: nothing lost, nothing twice.*

- An answer is written to a journal before anybody sees it. A client that comes back names its place in
  the journal and gets what it lacks.
- Tokens are collected for 33 ms, so there is a commit and a redraw per window instead of one per token.
- A session of any length opens with its newest stretch; older pages come when they are asked for.
- A run depends on no request: closing the tab stops nothing, and stop is stop.

Put it to the test: the **tour**, by the footprints above, runs ten of these promises and counts.`,
    sources: [
      { path: 'README.md', title: 'Caughtup' },
      { path: 'README.md', title: 'When things go wrong' },
    ],
  },
  {
    asks: [
      'How does a client resume after a lost connection?',
      'How does resume work?',
      'How does reconnecting work?',
      'How does a client reconnect after a lost connection?',
      'What happens when the connection drops in the middle of an answer?',
    ],
    text: `Everything that happens in a session is an event with a number, its **seq**, in the session's journal. A
client keeps a **cursor**: the number of the last event it applied, with a tag of the journal.

1. The stream breaks. The view keeps what it shows, marks it \`stale\`, and connects again with growing delays,
   at once when the browser is online or visible again.
2. It asks for events *since* its cursor. The server sends those, merged into a few frames, and then a frame
   \`caught-up\`. From there the stream is live.
3. If the cursor is too far behind, or of another history (a backup was restored), the server says so and
   replays in full: the newest messages instead of the events.

One pure function folds events into messages, on the server and in the client, so both agree by construction. A
gap in the numbers is noticed and refilled; an event that came before is known and skipped.`,
    sources: [
      { path: 'PROTOCOL.md', title: '6.2 Order' },
      { path: 'PROTOCOL.md', title: '5. Cursors' },
    ],
  },
  {
    asks: [
      'How do I embed it in my backend?',
      'How do I embed it?',
      'How do I embed the server?',
      'How do I run it in production?',
      'How do I use the server in my own app?',
      'How do I install it?',
    ],
    text: `A backend needs an agent (any async iterable of parts, so \`streamText(…).fullStream\` of the AI SDK works as it
is), a store, and a function that says who calls. In a server that you have already, \`chat.fetch\` mounts it on
Hono, Next or Bun, and \`chat.nodeHandler\` on Express, Fastify or \`node:http\`.

Ask “How do I use it in a frontend?” for the other side.`,
    sources: [
      { path: 'README.md', title: 'Embed it' },
      { path: 'docs/hosts.md', title: 'Embedding the server in a host' },
    ],
    code: true,
  },
  {
    asks: [
      'How do I use it in a frontend?',
      'How do I use the client with React?',
      'Does it work with React?',
      'How do I embed the client?',
      'How do I show a chat on my page?',
    ],
    text: `\`createChatClient\` takes a link (\`auto\` chooses between a WebSocket and server-sent events), and
\`client.session(id)\` is a live view of a session: \`subscribe\` opens its stream, \`getSnapshot()\` returns an
immutable snapshot. \`useSession(session)\` is the same in React 18 and 19, and \`useMessage(session, id)\` redraws
one message for a token instead of the list.`,
    sources: [
      { path: 'packages/web-client/README.md', title: 'React' },
      { path: 'packages/web-client/README.md', title: 'Views' },
    ],
    code: true,
  },
  {
    asks: [
      'What does it cost?',
      'How fast is it?',
      'How much overhead does it add?',
      'What is the performance?',
    ],
    text: `It is measured, beside simpler ways to do the same, and the figures stand in the repository with the date and
the machine of each run:

- **writes**: answers are collected in a flush window of 33 ms, so a hundred answers at once share their commits;
- **reads**: a client that comes back pays for what it missed, and opening a session costs the same whether it has
  a hundred messages or a million;
- **readers**: a slow one is a cursor and costs no memory;
- **the page**: one notification per animation frame at most, and a bundle that holds only what it imports.

The drawer *Under the hood* shows commits and tokens per second, bytes and redraws of this very page. It is MIT
licensed and runs in your process on your database: there is no service to pay.`,
    sources: [
      { path: 'benches/RESULTS.md', title: 'Results' },
      { path: 'benches/README.md', title: 'Benches' },
    ],
  },
  {
    asks: [
      'What happens when the server crashes?',
      'What happens when the server is killed in the middle of an answer?',
      'Is my answer lost in a crash?',
    ],
    text: `What any client saw is on disk, because text is committed before it is sent. A process that dies loses at most
the text of one flush window (33 ms), which nobody had seen.

A run holds a lease. When its process is silent for two leases (10 s), another process, or the same one after its
restart, ends the run as \`lost\`, keeps its text, and starts the prompts that wait. An agent that can say where it
was may be *continued* instead, in the same message.`,
    sources: [
      { path: 'README.md', title: 'When things go wrong' },
      { path: 'PROTOCOL.md', title: '8.2 Runs' },
    ],
  },
  {
    asks: ['How does stop work?', 'What happens when I press stop?', 'Can I interrupt an answer?'],
    text: `Stop ends the run at once, whatever its agent does: the run is over in the journal, its text is kept, and the
message says that it was stopped. The agent's signal aborts; output that comes later is dropped, because it carries
the number of a run that has ended. The next prompt can be sent immediately.

Try \`/stall\`: its agent falls silent and ignores its signal.`,
    sources: [{ path: 'PROTOCOL.md', title: '8.2 Runs' }],
  },
  {
    asks: [
      'Which databases does it support?',
      'Does it work with Postgres?',
      'Does it support Postgres?',
      'Does it use SQLite?',
      'Where is the data stored?',
    ],
    text: `In SQLite, through \`node:sqlite\`, in a file that several processes may share, or in memory for tests. There is
no other engine yet. The store asks an engine for a short list of operations, and a published kit of conformance
tests says whether one is right, so that an engine of your own is possible.`,
    sources: [
      { path: 'packages/store/README.md', title: 'An engine of your own' },
      { path: 'packages/store/README.md', title: 'What it does' },
    ],
  },
  {
    asks: [
      'How does authentication work?',
      'Who may read a session?',
      'How do I restrict access to a session?',
    ],
    text: `Your function \`principal\` says who a request is from, by a cookie, a token, a header or the URL's query. A
session has an owner and members; what is not the caller's is *not found*, so that nobody learns what exists. \`can\`
narrows further, call by call. This demo has no passwords: \`?as=NAME\` in the URL makes you somebody else.`,
    sources: [
      { path: 'PROTOCOL.md', title: '2.4 Who may call' },
      { path: 'packages/server/README.md', title: 'Which requests are accepted' },
    ],
  },
]

/** The least share of words that a prompt and a way to ask must have in common (Dice's coefficient). */
const leastShared = 0.7
/** The project's name: in most questions it says nothing of what is asked. */
const [projectName = ''] = termsOf('Caughtup')

/** The curated answer to a prompt, if it asks for one. */
export function curatedAnswerTo(text: string): CuratedAnswer | undefined {
  const exact = curatedAnswers.find(({ asks }) => asks.some((ask) => bare(ask) === bare(text)))
  if (exact) return exact
  const asked = subjectOf(text)
  let best: { answer: CuratedAnswer; shared: number } | undefined
  for (const answer of curatedAnswers) {
    for (const ask of answer.asks) {
      const shared = sharedOf(subjectOf(ask), asked)
      if (shared >= leastShared && shared > (best?.shared ?? 0)) best = { answer, shared }
    }
  }
  return best?.answer
}

function sharedOf(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const common = [...one].filter((term) => other.has(term)).length
  return common === 0 ? 0 : (2 * common) / (one.size + other.size)
}

/** The terms of a question, without the project's name if there are others. */
function subjectOf(text: string): Set<string> {
  const terms = new Set(termsOf(text))
  if (terms.size > 1) terms.delete(projectName)
  return terms
}

function bare(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9 ]/g, '')
    .trim()
}
