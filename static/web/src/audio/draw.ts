// The three pictures of a sound. Sizes are multiples of 12; each picture is anchored: bars stand at the bottom, the ring
// and the wave in the middle.

import type { Meter } from "./levels.ts"

export interface Picture {
  ctx: CanvasRenderingContext2D
  width: number
  height: number
  accent: string
  /** How far into the present step of the history it is, 0 to 1. */
  phase: number
}

export type Style = "bars" | "ring" | "wave"
export const styles: readonly Style[] = ["bars", "ring", "wave"]

const unit = 12

function bars(p: Picture, m: Meter): void {
  const count = m.bands.length
  const cell = Math.max(unit, Math.floor(p.width / count / unit) * unit)
  const bar = Math.max(unit / 2, cell - unit)
  const left = Math.round((p.width - cell * count + (cell - bar)) / 2)
  const tallest = Math.max(unit, p.height - unit)
  p.ctx.beginPath()
  m.bands.forEach((v, i) => {
    const h = Math.max(bar / 2, v * tallest)
    p.ctx.roundRect(left + i * cell, p.height - h, bar, h + bar, Math.min(bar / 2, unit))
  })
  p.ctx.fill()
}

function ring(p: Picture, m: Meter): void {
  const count = m.bands.length * 2
  const whole = Math.floor(Math.min(p.width, p.height) / 2 / unit) * unit
  const radius = whole * 0.55 + m.rms * whole * 0.09
  const reach = whole - unit / 2 - whole * 0.64
  const [x, y] = [p.width / 2, p.height / 2]
  p.ctx.lineCap = "round"
  p.ctx.lineWidth = Math.max(2, (2 * Math.PI * radius) / count / 2)
  p.ctx.beginPath()
  for (let i = 0; i < count; i++) {
    // Low tones below, both sides alike.
    const band = i < m.bands.length ? i : count - 1 - i
    const angle = Math.PI / 2 + ((i + 0.5) / count) * 2 * Math.PI
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
    const end = radius + 1 + m.bands[band]! * reach
    p.ctx.moveTo(x + cos * radius, y + sin * radius)
    p.ctx.lineTo(x + cos * end, y + sin * end)
  }
  p.ctx.stroke()
  p.ctx.lineWidth = 3
  p.ctx.globalAlpha *= 0.35 + 0.65 * m.rms
  p.ctx.beginPath()
  p.ctx.arc(x, y, radius - unit, 0, 2 * Math.PI)
  p.ctx.stroke()
}

function wave(p: Picture, m: Meter): void {
  const bar = unit / 2
  const middle = p.height / 2
  const half = Math.max(bar, Math.floor(p.height / 2 / unit) * unit - bar)
  p.ctx.beginPath()
  for (let back = 0; back < m.history.length; back++) {
    const x = p.width - (back + p.phase) * unit
    if (x < -unit) break
    const h = Math.max(bar / 2, m.history[m.history.length - 1 - back]! * half)
    p.ctx.roundRect(x, middle - h, bar, 2 * h, bar / 2)
  }
  p.ctx.fill()
}

const pictures = { bars, ring, wave }

/** Draws the meter anew; strength fades the whole. */
export function draw(style: Style, p: Picture, m: Meter, strength: number): void {
  p.ctx.clearRect(0, 0, p.width, p.height)
  if (strength <= 0) return
  p.ctx.save()
  p.ctx.globalAlpha = strength
  p.ctx.fillStyle = p.ctx.strokeStyle = p.accent
  pictures[style](p, m)
  p.ctx.restore()
}
