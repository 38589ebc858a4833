import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/node.ts',
    'src/ag-ui.ts',
    'src/ai-sdk.ts',
    'src/openai.ts',
    'src/disk-attachments.ts',
    'src/durable-streams.ts',
    'src/openapi.ts',
    'src/testing.ts',
  ],
  platform: 'node',
  target: 'node24',
  dts: true,
  fixedExtension: true,
})
