import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";

/** What the two libraries have taken in, under the MIT licence too, without a file that says so. */
const WITHIN = `dagre and graphlib: Copyright (c) 2012-2014 Chris Pettitt
thenable: Copyright (c) 2013-2014 Ralf S. Engelschall
bezier curves: Copyright 2014-2026 Gaetan Renaudeau`;

/** What the licences of the two libraries ask to be kept with them. */
function notices() {
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf-8"));
  const texts = Object.keys(dependencies).map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf-8")}`);
  return `/*!\n${[...texts, WITHIN].join("\n\n")}\n*/\n`;
}

/** Puts notices before the libraries, and each file, packed, beside itself, so that the server need not pack. */
function packed() {
  let folder;
  return {
    name: "packed",
    apply: "build",
    configResolved: (config) => void (folder = config.build.outDir),
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true })) {
        const path = join(folder, name);
        if (/^assets.picture-.*\.js$/.test(name)) writeFileSync(path, notices() + readFileSync(path, "utf-8"));
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
