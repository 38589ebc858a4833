import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: 'page',
  plugins: [react(), tailwindcss()],
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    // In kB. The grammars of a few languages are this large; each loads with its first block of code.
    chunkSizeWarningLimit: 800,
  },
  // The server's tests too, which are outside the root.
  test: { dir: import.meta.dirname },
})
