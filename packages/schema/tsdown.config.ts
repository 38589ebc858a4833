import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    abortable: 'src/base/abortable.ts',
    chunks: 'src/chunks/index.ts',
    clock: 'src/base/clock.ts',
    cursor: 'src/base/cursor.ts',
    error: 'src/base/error.ts',
    event: 'src/event/index.ts',
    fold: 'src/fold/index.ts',
    notice: 'src/model/notice.ts',
    protocol: 'src/base/protocol.ts',
    testing: 'src/testing/index.ts',
  },
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  copy: ['opentelemetry.d.ts'],
  banner: { dts: '/// <reference path="./opentelemetry.d.ts" />' },
  fixedExtension: true,
})
