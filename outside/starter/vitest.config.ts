import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['*.test.ts'],
    // npm installs an app and unpacks Node, and Next builds one: long where other work goes on, too.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // A server that was killed is missed for two leases, 10 s.
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
  },
})
