// Prints what each page weighs, gzipped, and fails when one is over its budget. Fonts are not counted: a page loads the
// scripts it shows, once.

import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

const dist = fileURLToPath(new URL("../../dist", import.meta.url))
const budgetKB = page => (page === "index.html" ? 120 : 60)
const wholeKB = 1024

const files = readdirSync(dist, { recursive: true }).map(f => f.replaceAll("\\", "/"))
const gz = file => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length / 1024

let over = false
const row = (name, kb, limit) => {
  over ||= kb > limit
  console.log(`${name.padEnd(24)} ${kb.toFixed(1).padStart(7)} KB of ${limit} ${kb > limit ? "  TOO MUCH" : ""}`)
}
for (const page of files.filter(f => f.endsWith(".html")).sort()) {
  const html = readFileSync(join(dist, page), "utf8")
  const loaded = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(m => m[1])
  row(page, [page, ...new Set(loaded)].reduce((sum, f) => sum + gz(f), 0), budgetKB(page))
}
row("all of dist, raw", files.reduce((sum, f) => sum + (statSync(join(dist, f)).isFile() ? statSync(join(dist, f)).size : 0), 0) / 1024, wholeKB)
process.exit(over ? 1 : 0)
