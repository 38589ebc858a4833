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
  fixedExtension: true,
})
