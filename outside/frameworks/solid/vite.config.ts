import { defineConfig } from 'vite'
import solid from 'vite-plugin-solid'

export default defineConfig({
  plugins: [solid()],
  // The page and the server are one origin, as they will be later.
  server: { proxy: { '/rpc': { target: 'http://127.0.0.1:4000', ws: true } } },
})
