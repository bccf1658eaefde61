// The page at /overlay/captions: what is being said, as it is said. Plain elements: what a partial changes is a few words
// in a line, and they are changed where they stand.

import { captionOptions, sourceColours } from "../captions/options.ts"
import { Stage } from "../captions/stage.ts"
import type { AnyEvent } from "../wire/events.ts"
import { showBadge } from "./badge.tsx"
import { startOverlay } from "./page.ts"
import { followTheme } from "./theme.ts"
import "../styles/fonts.css"
import "../styles/captions.css"

/** What was said longer ago than this, as after an outage of the recogniser, is no caption any more. */
const staleMS = 15_000

const query = new URLSearchParams(location.search)
const root = document.getElementById("root")!
root.className = "captions"
// A canvas measures without asking the page for a layout.
const canvas = document.createElement("canvas").getContext("2d")!
const colour = sourceColours()

let stage!: Stage
let holdMS = 0

// Makes an empty stage of the page's size, in the style that it wears; another size or style makes another stage.
function build(): void {
  const options = captionOptions(query, { width: innerWidth, height: innerHeight })
  holdMS = options.holdMS
  root.dataset.position = options.position
  root.dataset.align = options.align
  for (const [name, px] of Object.entries({ size: options.size, pitch: options.pitch, width: options.width, margin: options.margin, height: options.pitch * options.lines })) {
    root.style.setProperty(`--caption-${name}`, `${px}px`)
  }
  const style = getComputedStyle(root)
  const font = `${style.fontWeight} ${options.size}px ${style.fontFamily}`
  // It knows the page's own fonts once they are loaded.
  void document.fonts.load(font).then(() => { canvas.font = font })
  canvas.font = font
  const gutter = options.label ? parseFloat(style.getPropertyValue("--caption-gutter")) || 0 : 0
  root.replaceChildren()
  stage = new Stage(root, {
    lines: options.lines,
    pitch: options.pitch,
    width: options.width - 0.75 * options.size - gutter,
    slack: options.size,
    measure: text => canvas.measureText(text).width,
    colour,
    ...(options.label ? { label: (source: string) => source } : {}),
  })
}
build()
addEventListener("resize", build)

let timer: ReturnType<typeof setTimeout> | undefined
let aheadMS = 0 // how far this page's clock is ahead of the program's

function hear(e: AnyEvent): void {
  const final = e.type === "transcription.final"
  if (!final && e.type !== "transcription.partial") return
  const source = String(e.source_name || e.source_id || "")
  const text = String(e.text ?? "")
  // A recogniser that gives its finals no segment means what the source is saying.
  const id = String(e.segment_id || (final && stage.open(source)) || (final ? e.id : source))
  const said = Date.parse(e.timestamp) + 1000 * (Number(e.duration) || 0)
  if (e.is_revision === true && !stage.has(id)) return // corrected after it has left
  if (e.late === true || Date.now() - aheadMS - said > staleMS) return stage.takeBack(id)
  stage.say({ id, source, text, stable: Number(e.stable_words) || 0, final })
  clearTimeout(timer)
  timer = setTimeout(() => stage.clear(), holdMS)
}

const { wire, debug } = startOverlay("captions", () => stage.busy)
wire.join("transcription:live", {
  events: events => events.forEach(hear),
  joined: ({ serverTime }) => { if (!Number.isNaN(serverTime)) aheadMS = Date.now() - serverTime },
})
followTheme(wire, build)
if (debug) showBadge(wire)
