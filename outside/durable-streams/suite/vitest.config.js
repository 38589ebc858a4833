export default { test: { include: ['suite.ts'], testTimeout: 60_000 } }
