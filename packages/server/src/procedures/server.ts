import type { ProcedureDeps, Procedures } from './base.ts'

export function serverProcedures(
  { server: { stats } }: Procedures,
  { settings, access, streams, runs, agents, startedAt }: ProcedureDeps,
) {
  const { store } = settings
  return {
    stats: stats.handler(async ({ context: { principal } }) => {
      await access.authorize(principal, 'server.stats')
      return {
        store: store.stats(),
        uptime: Math.round(store.clock.monotonic() - startedAt),
        chatStreams: streams.count('chat'),
        activityStreams: streams.count('activity'),
        runs: runs.ids.length,
        ignoredParts: agents.ignoredParts,
      }
    }),
  }
}
