// The page at /overlay/audio: how it sounds, as bars, ring or wave. In silence, and without sound, nothing is drawn and no
// frame is asked for.

import { draw, styles, type Style } from "../audio/draw.ts"
import { ease, Meter, readLevels, restMS } from "../audio/levels.ts"
import { showBadge } from "./badge.tsx"
import { startOverlay } from "./page.ts"
import { followTheme } from "./theme.ts"
import "../styles/audio.css"

const query = new URLSearchParams(location.search)
const style = styles.find(s => s === query.get("style")) ?? "bars" as Style
const root = document.documentElement
root.dataset.style = style
root.dataset.state = "idle"

const canvas = document.createElement("canvas")
canvas.className = "sound"
document.getElementById("root")!.append(canvas)
const ctx = canvas.getContext("2d")!
const meter = new Meter(query.get("source") ?? "")
const still = matchMedia("(prefers-reduced-motion: reduce)")
const stillMS = 200

let width = 0
let height = 0
let accent = ""
function measure(): void {
  ;[width, height] = [innerWidth, innerHeight]
  const density = devicePixelRatio
  ;[canvas.width, canvas.height] = [Math.round(width * density), Math.round(height * density)]
  ctx.scale(density, density)
  accent = getComputedStyle(canvas).color
}
addEventListener("resize", measure)

const colour = query.get("color") ?? query.get("colour") ?? ""
if (/^#?[0-9a-f]{3,8}$/i.test(colour)) root.style.setProperty("--layer-accent", colour.startsWith("#") ? colour : "#" + colour)
measure()

let running = false
let before = 0
let strength = 0
let arrived = 0 // when the newest level came
let every = 1000 / 30

function paint(now: number): void {
  draw(style, { ctx, width, height, accent, phase: Math.min(1, (now - arrived) / every) }, meter, strength)
}

function frame(now: number): void {
  const ms = Math.min(100, now - before)
  before = now
  const awake = meter.awake(now)
  // The picture comes and goes softly: it begins to fade while it is still awake, and is gone when it sleeps.
  strength = ease(strength, meter.awake(now + 0.4 * restMS) ? 1 : 0, ms)
  if (!awake && strength < 0.02) return rest()
  meter.step(now, ms)
  paint(now)
  requestAnimationFrame(frame)
}

function rest(): void {
  running = false
  strength = 0
  meter.reset()
  ctx.clearRect(0, 0, width, height)
  root.dataset.state = "idle"
}

let restTimer: ReturnType<typeof setTimeout> | undefined

// Without motion the levels are a state that changes five times a second.
function stand(now: number): void {
  clearTimeout(restTimer)
  restTimer = setTimeout(rest, restMS)
  if (now - before < stillMS) return
  meter.step(now, now - before)
  before = now
  strength = 1
  paint(now)
}

function hear(payload: unknown): void {
  const levels = readLevels(payload)
  if (!levels) return
  const now = performance.now()
  if (now - arrived < 200) every += (now - arrived - every) * 0.1
  arrived = now
  meter.take(levels, now, Math.ceil(width / 12) + 2)
  if (!meter.awake(now)) return
  root.dataset.state = "active"
  if (still.matches) return stand(now)
  if (running) return
  running = true
  before = now
  requestAnimationFrame(frame)
}

const { wire, debug } = startOverlay("audio", () => false)
wire.join("audio:levels", { pushes: { levels: hear } })
followTheme(wire, measure)
if (debug) showBadge(wire)
