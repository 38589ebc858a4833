import { Devtools, type DevtoolsClient, type SessionLine } from './devtools.ts'
import { button, cells, element } from './elements.ts'
import type { LogEntry } from './log.ts'
import { styles } from './styles.ts'

const delays = [0, 200, 1_000, 5_000]
/** The panel is drawn at most this often, in ms, however much comes. */
const drawEvery = 250
/** Entries that the page shows; the log keeps more. */
const mostShown = 100

/**
 * Shows the devtools of a client in an element, until the returned function is called: its sessions with
 * their connections, cursors and reasons; calls and frames as they come; and buttons that cut the
 * connection, delay what comes, and replay a session. For development: it is an entry of its own, so that
 * a production bundle which does not import it has nothing of it.
 */
export function mountDevtools(parent: HTMLElement, client: DevtoolsClient): () => void {
  const { clock } = client.internals.context
  const devtools = new Devtools(client)
  const host = element('div', { 'data-caughtup-devtools': '' })
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(styles)
  root.adoptedStyleSheets = [sheet]

  let shownSession: string | undefined
  let paused = false
  const sessions = element('tbody')
  const entries = element('ol', { class: 'log', tabindex: '0', 'aria-label': 'Calls and frames' })
  const figures = element('p', { class: 'figures' })
  const pause = button('Hold the log', () => {
    paused = !paused
    pause.setAttribute('aria-pressed', String(paused))
    draw()
  })
  pause.setAttribute('aria-pressed', 'false')
  const delay = element('select', { 'aria-label': 'Delay of what comes' })
  for (const ms of delays) {
    delay.append(element('option', { value: String(ms) }, ms === 0 ? 'no delay' : `${ms} ms late`))
  }
  delay.addEventListener('change', () => (devtools.delay = Number(delay.value)))
  root.append(
    element(
      'section',
      { 'aria-label': 'Caughtup devtools' },
      element(
        'div',
        { class: 'bar' },
        button('Cut the connection', () => devtools.cut()),
        delay,
        pause,
        button('Clear', () => {
          devtools.log.clear()
          draw()
        }),
      ),
      figures,
      element(
        'table',
        {},
        element(
          'thead',
          {},
          cells('th', ['Session', 'Connection', 'Seq', 'Messages', 'Pending', 'Whole']),
        ),
        sessions,
      ),
      entries,
    ),
  )
  parent.append(host)

  const select = (sessionId: string) => {
    shownSession = shownSession === sessionId ? undefined : sessionId
    draw()
  }
  const draw = () => {
    const { framesReceived, bytesReceived, connects, notifications } = devtools.stats()
    figures.textContent = `${connects} connects · ${framesReceived} frames · ${bytesReceived} bytes · ${notifications} notifications`
    sessions.replaceChildren(
      ...devtools.sessions.map((line) =>
        sessionRow(line, line.sessionId === shownSession, {
          select,
          replay: (id) => devtools.replay(id),
        }),
      ),
    )
    if (paused) return
    const opened = new Set(
      [...entries.querySelectorAll('details[open]')].map((node) => node.getAttribute('data-entry')),
    )
    const shown = devtools.entriesOf(shownSession).slice(-mostShown).toReversed()
    entries.replaceChildren(...shown.map((entry) => entryItem(entry, opened.has(String(entry.id)))))
  }

  let cancel: (() => void) | undefined
  const tick = () => {
    draw()
    cancel = clock.after(drawEvery, tick)
  }
  tick()
  return () => {
    cancel?.()
    devtools.close()
    host.remove()
  }
}

function sessionRow(
  line: SessionLine,
  selected: boolean,
  on: { select: (sessionId: string) => void; replay: (sessionId: string) => void },
): HTMLElement {
  const { sessionId, status, reason, cursor, seq, messages, pending, stale } = line
  const name = button(sessionId.slice(-12), () => on.select(sessionId))
  name.setAttribute('aria-pressed', String(selected))
  name.title = `${sessionId}: show its entries alone`
  const state = element('span', { class: status }, `${status}${stale ? ', stale' : ''}`)
  state.title = cursor === undefined ? 'no cursor' : `cursor ${cursor}`
  const row = cells('td', [
    name,
    element('span', {}, state, reason === undefined ? '' : ` · ${reason}`),
    String(seq),
    String(messages),
    String(pending),
    button('Replay', () => on.replay(sessionId)),
  ])
  row.setAttribute('data-session', sessionId)
  return row
}

function entryItem({ id, at, kind, procedure, summary, detail }: LogEntry, open: boolean) {
  const line = element(
    'summary',
    {},
    element('time', {}, new Date(at).toISOString().slice(11, 23)),
    ` ${procedure} `,
    element('span', { class: kind }, summary),
  )
  const details = element('details', { 'data-entry': String(id), ...(open && { open: '' }) }, line)
  const fill = () => {
    if (details.open && details.children.length === 1) {
      details.append(element('pre', {}, JSON.stringify(detail, undefined, 2) ?? 'nothing'))
    }
  }
  // Only what is looked at is written out.
  details.addEventListener('toggle', fill)
  fill()
  return element('li', { 'data-kind': kind }, details)
}
