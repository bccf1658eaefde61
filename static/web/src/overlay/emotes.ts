// The page at /overlay/emotes: the emotes of chat rain into the picture, pile up, and sink. While there are none, or all
// lie still, no frame is drawn.

import { Bodies, step } from "../rain/bodies.ts"
import { text } from "../content/words.ts"
import type { AnyEvent, Fragment } from "../wire/events.ts"
import { Screen } from "../screen/screen.ts"
import { dressOverlay } from "./dress.ts"
import { EmoteNames, twitchEmote } from "./emote-names.ts"
import { startOverlay } from "./page.ts"

const queueMost = 200
const imagesMost = 200
/** The pictures are 112 px: what is larger is no emote. */
const resizeMS = 250

const query = new URLSearchParams(location.search)
const between = (value: unknown, low: number, high: number, otherwise: number): number => {
  const n = value === null || value === "" ? NaN : Number(value)
  return Number.isFinite(n) ? Math.min(high, Math.max(low, n)) : otherwise
}

const overlay = startOverlay("emotes", () => false)
const screen = new Screen(overlay.wire)
const canvas = document.createElement("canvas")
canvas.style.cssText = "position:fixed;inset:0;width:100%;height:100%"
document.getElementById("root")!.append(canvas)
const draw = canvas.getContext("2d")!

const bodies = new Bodies<HTMLImageElement>({ size: 56, gravity: 1, bounce: 0.4, friction: 0.3, air: 0.001, lifetime: 30 })
let most = 100
let delayMS = 100

// How it rains; from the address, or from the dashboard.
function settle(s: Record<string, unknown>): void {
  const r = bodies.rules
  r.size = between(s["size"], 28, 224, r.size)
  r.gravity = between(s["gravity"], 0.1, 3, r.gravity)
  r.bounce = between(s["bounce"], 0, 1, r.bounce)
  r.lifetime = between(s["lifetime"], 1, 60, r.lifetime)
  most = between(s["max"], 10, 500, most)
  delayMS = between(s["delay"], 50, 1000, delayMS)
}
settle(Object.fromEntries(query))

function resize(): void {
  const ratio = Math.min(devicePixelRatio || 1, 2)
  bodies.width = innerWidth
  bodies.height = innerHeight
  canvas.width = Math.round(innerWidth * ratio)
  canvas.height = Math.round(innerHeight * ratio)
  draw.setTransform(ratio, 0, 0, ratio, 0, 0)
  for (const b of bodies.list) b.still = 0
  if (bodies.list.length > 0) wake()
}
let resizing: ReturnType<typeof setTimeout> | undefined
addEventListener("resize", () => {
  clearTimeout(resizing)
  resizing = setTimeout(resize, resizeMS)
})
resize()

const images = new Map<string, HTMLImageElement>()

function imageOf(src: string): HTMLImageElement {
  let image = images.get(src)
  if (!image) {
    image = new Image()
    image.src = src
    images.set(src, image)
    if (images.size > imagesMost) images.delete(images.keys().next().value!)
  }
  return image
}

const queue: string[] = []
let dropped = 0
let spawning: ReturnType<typeof setTimeout> | undefined
let last = -Infinity

/** Lets emotes fall, one after another; what is too much is counted and left out. */
function rain(sources: readonly string[]): void {
  for (const src of sources) {
    if (queue.length + bodies.list.length >= Math.min(queueMost, most)) dropped++
    else queue.push(src)
  }
  document.documentElement.dataset.dropped = String(dropped)
  next()
}

function next(): void {
  if (spawning !== undefined || queue.length === 0) return
  spawning = setTimeout(() => {
    spawning = undefined
    const image = imageOf(queue.shift()!)
    last = performance.now()
    void image.decode().then(() => {
      bodies.add(image)
      wake()
    }, () => images.delete(image.src)) // one that cannot be had does not fall
    next()
  }, Math.max(0, delayMS - (performance.now() - last)))
}

let frame = 0
let clock = 0
let owed = 0
let resting: ReturnType<typeof setTimeout> | undefined
let restingSince = 0

function wake(): void {
  if (resting !== undefined) {
    clearTimeout(resting)
    resting = undefined
    bodies.rest((performance.now() - restingSince) / 1000)
  }
  if (frame !== 0) return
  clock = performance.now()
  owed = 0
  frame = requestAnimationFrame(tick)
}

function tick(now: number): void {
  frame = 0
  owed = Math.min(owed + Math.max(0, now - clock) / 1000, 0.1)
  clock = now
  for (; owed >= step; owed -= step) bodies.advance()
  paint()
  document.documentElement.dataset.bodies = String(bodies.list.length)
  if (bodies.list.length === 0) return
  if (!bodies.resting) {
    frame = requestAnimationFrame(tick)
    return
  }
  restingSince = performance.now()
  resting = setTimeout(wake, Math.max(0, bodies.nextSink) * 1000)
}

function paint(): void {
  draw.clearRect(0, 0, bodies.width, bodies.height)
  for (const b of bodies.list) {
    const { naturalWidth: w, naturalHeight: h } = b.thing
    const scale = (2 * b.r) / Math.max(w, h, 1)
    draw.save()
    draw.translate(b.x, b.y)
    draw.rotate(b.angle)
    draw.drawImage(b.thing, (-w * scale) / 2, (-h * scale) / 2, w * scale, h * scale)
    draw.restore()
  }
}

function clear(): void {
  queue.length = 0
  bodies.list.length = 0
  paint()
  document.documentElement.dataset.bodies = "0"
}

const names = new EmoteNames()

/** Where the pictures of a line's emotes are. */
function emotesOf(e: AnyEvent): string[] {
  if (e.type !== "channel.chat.message" || !Array.isArray(e["fragments"])) return []
  return (e["fragments"] as Fragment[]).flatMap(f => {
    if (f?.type === "emote" && f.emote?.id) return [twitchEmote(f.emote.id)]
    if (f?.type !== "text") return []
    return text(f.text).split(/\s+/).flatMap(word => names.find(word)?.src ?? [])
  })
}

// Who asked for less motion gets no rain.
const still = matchMedia("(prefers-reduced-motion: reduce)")
overlay.wire.join("events:chat", { events: events => { if (!still.matches) rain(events.flatMap(emotesOf)) } })
overlay.wire.join("overlay:broadcast", {
  pushes: {
    emote_settings: p => settle(p ?? {}),
    emote_burst: p => {
      const src = text(p?.id) ? twitchEmote(text(p.id)) : names.find(text(p?.name, "Kappa"))?.src ?? twitchEmote("25")
      rain(Array.from({ length: between(p?.n, 1, 100, 20) }, () => src))
    },
    emote_clear: clear,
  },
})
dressOverlay(overlay, screen)
