import { createHash } from "node:crypto"
import { defineConfig, type Plugin } from "vite"
import solid from "vite-plugin-solid"

// Every page is one HTML file in this list; the program serves overlay/status.html at /overlay/status.
const overlays = ["alerts", "audio", "captions", "chat", "emotes", "omnibar", "show", "status", "takeover"]
const pages = ["index.html", "speech.html", ...overlays.map(name => `overlay/${name}.html`)]

// The build is named after what it holds: the same sources give the same name on every machine, and any change gives
// another. Pages carry the name in a <meta>, the program reads it from build.txt, and a page that meets a program with
// another name reloads itself.
function nameBuild(): Plugin {
  const placeholder = "__LANDALE_BUILD__"
  return {
    name: "landale-build-name",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const hash = createHash("sha256")
        for (const name of Object.keys(bundle).sort()) {
          const item = bundle[name]!
          hash.update(name).update(item.type === "chunk" ? item.code : item.source)
        }
        const build = hash.digest("hex").slice(0, 12)
        for (const item of Object.values(bundle)) {
          if (item.type === "asset" && item.fileName.endsWith(".html")) {
            item.source = String(item.source).replaceAll(placeholder, build)
          }
        }
        this.emitFile({ type: "asset", fileName: "build.txt", source: build + "\n" })
      },
    },
  }
}

export default defineConfig({
  base: "/",
  plugins: [solid(), nameBuild()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    // OBS 28 to 30 have Chrome 103, later ones 127.
    target: "chrome103",
    cssTarget: "chrome103",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      input: pages,
      output: {
        // Names without hashes keep the history of the committed output small; the server's ETags tell changes.
        entryFileNames: "assets/[name].js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
        codeSplitting: {
          groups: [
            { name: "motion", test: /node_modules[\\/]gsap|src[\\/]motion/ },
            { name: "wire", test: /node_modules[\\/](solid-js[\\/](?!store)|phoenix)|src[\\/]wire[\\/](?!api)/ },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: {
      "/api": "http://127.0.0.1:7175",
      "/socket": { target: "ws://127.0.0.1:7175", ws: true },
    },
  },
})
