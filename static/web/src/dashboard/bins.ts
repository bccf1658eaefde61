// Folds the program's buckets into the bins of the chart. A bin without data is not a bin with nothing in it.

import type { Bucket } from "../wire/events.ts"
import { supportTypes } from "./describe.ts"
import { parse } from "./time.ts"

export interface Range {
  id: string
  label: string
  /** How far back, and the width of a bin, in minutes. */
  minutes: number
  bin: number
  step: "minute" | "hour"
}

export const ranges: Range[] = [
  { id: "15m", label: "15 min", minutes: 15, bin: 1, step: "minute" },
  { id: "1h", label: "1 h", minutes: 60, bin: 1, step: "minute" },
  { id: "6h", label: "6 h", minutes: 360, bin: 5, step: "minute" },
  { id: "24h", label: "24 h", minutes: 1440, bin: 15, step: "minute" },
  { id: "7d", label: "7 d", minutes: 10080, bin: 60, step: "hour" },
]

/** The groups of the stacked chart, bottom first. */
export const groups = ["support", "chat", "speech", "other"] as const
export type Group = (typeof groups)[number]

/** The group of a type. */
export function groupOf(type: string): Group {
  if (supportTypes.has(type)) return "support"
  if (type.startsWith("channel.chat.")) return "chat"
  if (type.startsWith("transcription.")) return "speech"
  return "other"
}

export interface Bin {
  /** Milliseconds since 1970; end is exclusive. */
  start: number
  end: number
  known: boolean
  counts: Record<Group, number>
  total: number
}

const minuteMS = 60_000

const empty = (start: number, end: number): Bin => ({ start, end, known: false, counts: { support: 0, chat: 0, speech: 0, other: 0 }, total: 0 })

/** The time that a range covers now; it ends with the bin that now is in. */
export function cover(range: Range, now: number): { from: number; to: number } {
  const width = range.bin * minuteMS
  const to = (Math.floor(now / width) + 1) * width
  return { from: to - range.minutes * minuteMS, to }
}

/** Puts buckets into the bins of a range. A bin is known when any of its buckets is. */
export function fold(buckets: Bucket[], range: Range, from: number, to: number): Bin[] {
  const width = range.bin * minuteMS
  const bins: Bin[] = []
  for (let t = from; t < to; t += width) bins.push(empty(t, t + width))
  for (const b of buckets) {
    const bin = bins[Math.floor((parse(b.start) - from) / width)]
    if (!bin) continue
    bin.known ||= b.known
    for (const [type, n] of Object.entries(b.counts ?? {})) {
      bin.counts[groupOf(type)] += n
      bin.total += n
    }
  }
  return bins
}

/** Counts one live event into the bins; returns whether it fell into one. */
export function add(bins: Bin[], type: string, at: number): boolean {
  const bin = bins.find(b => b.start <= at && at < b.end)
  if (!bin) return false
  bin.known = true
  bin.counts[groupOf(type)]++
  bin.total++
  return true
}
