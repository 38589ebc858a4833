import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: 'page',
  plugins: [react(), tailwindcss()],
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    // In kB. The grammars of a few languages are this large; each is loaded with its first code.
    chunkSizeWarningLimit: 800,
  },
  // Tests are the server's too, which is not below the page.
  test: { dir: import.meta.dirname },
})
