import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";

/** Puts each file, packed, beside itself, so that the server need not pack. */
function packed() {
  let folder;
  return {
    name: "packed",
    apply: "build",
    configResolved: (config) => void (folder = config.build.outDir),
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true })) {
        const path = join(folder, name);
        if (statSync(path).isFile() && /\.(js|css|html|svg)$/.test(name)) {
          writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
        }
      }
    },
  };
}

export default defineConfig({
  plugins: [packed()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    // The policy of the page forbids data: addresses and inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The page itself is small, and comes in one request; the drawing comes beside it.
    rollupOptions: {
      output: { manualChunks: (id) => (/\/src\/(?!picture)/.test(id) ? "page" : undefined) },
    },
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: Object.fromEntries(["/v1", "/healthz", "/readyz"].map((path) => [path, "http://127.0.0.1:8000"])) },
});
