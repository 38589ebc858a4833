import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/abortable.ts',
    'src/clock.ts',
    'src/cursor.ts',
    'src/error.ts',
    'src/fold.ts',
    'src/notice.ts',
    'src/testing.ts',
  ],
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  copy: ['opentelemetry.d.ts'],
  banner: { dts: '/// <reference path="./opentelemetry.d.ts" />' },
  fixedExtension: true,
})
