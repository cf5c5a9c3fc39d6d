import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { sourcesStamp } from './stamp.ts'

const root = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '')

/** Writes what the build was made from beside it, so that a check can tell a stale one without Node. */
function stamp(): Plugin {
  return {
    name: 'stamp',
    generateBundle() {
      this.emitFile({
        type: 'asset',
        fileName: 'sources.sha256',
        source: `${sourcesStamp(root)}\n`,
      })
    },
  }
}

export default defineConfig({
  plugins: [react(), stamp()],
  build: {
    outDir: '../src/skyform/server/site',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    // Everything small stays a file of its own: the content security policy allows no inline script, and caching is better.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8000', '/samples': 'http://127.0.0.1:8000' } },
  test: {
    environment: 'jsdom',
    globals: true,
    setupFiles: ['src/testing.ts'],
    css: false,
    testTimeout: 20_000,
  },
})
