// Builds what runs in a browser into dist/web: the payment page with hashed names and a manifest,
// and tongbao.js, the loader that shops include, under its own name with its integrity hash.

import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'
import { checkoutStyles } from './src/web/checkout/styles.ts'
import { paperStyles } from './src/web/paper/paper.styles.ts'

const SHEETS: Record<string, string> = {
  'virtual:checkout.css': checkoutStyles,
  'virtual:paper.css': paperStyles,
}

// Styles live beside their components as texts; each page links one sheet made of them.
function sheets(): Plugin {
  return {
    name: 'tongbao-sheets',
    resolveId: (id) => (Object.hasOwn(SHEETS, id) ? id : undefined),
    load: (id) => SHEETS[id],
  }
}

function integrity(): Plugin {
  return {
    name: 'tongbao-integrity',
    async writeBundle({ dir = '' }) {
      const hash = createHash('sha384').update(await readFile(join(dir, 'tongbao.js')))
      await writeFile(join(dir, 'tongbao.js.sri'), `sha384-${hash.digest('base64')}\n`)
    },
  }
}

export default defineConfig({
  base: './',
  plugins: [sheets(), integrity()],
  build: {
    outDir: 'dist/web',
    emptyOutDir: true,
    target: 'es2022',
    manifest: true,
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        checkout: 'src/web/checkout/checkout.ts',
        tongbao: 'src/web/embed/tongbao.ts',
        'checkout-style': 'virtual:checkout.css',
        'paper-style': 'virtual:paper.css',
      },
      output: {
        entryFileNames: ({ name }) =>
          name === 'tongbao' ? 'tongbao.js' : 'assets/[name]-[hash].js',
      },
    },
  },
})
