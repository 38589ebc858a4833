import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['*.test.ts'],
    // npm installs an app and unpacks Node, and Next builds one.
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // A server that was killed is missed for two leases, 10 s.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
  },
})
