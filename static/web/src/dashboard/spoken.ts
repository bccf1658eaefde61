// What was said, as lines: an utterance is one line, whatever corrected it later.

import type { AnyEvent, TranscriptLatency } from "../wire/events.ts"
import { parse, running } from "./time.ts"

/** A partial that nothing followed for so long is over. */
const forgottenMS = 20_000

const sourceOf = (e: AnyEvent): string => String(e.source_name || e.source_id || "")

/** The open utterances after one more partial or final; those of a recogniser that died are forgotten. */
export function hear(open: AnyEvent[], e: AnyEvent): AnyEvent[] {
  const now = parse(e.timestamp)
  const final = e.type === "transcription.final"
  // A final without a segment ends what its source was saying.
  const same = (p: AnyEvent) => (e.segment_id ? p.segment_id === e.segment_id : sourceOf(p) === sourceOf(e))
  const others = open.filter(p => !same(p) && !(now - parse(p.timestamp) > forgottenMS))
  if (final || String(e.text ?? "") === "") return others
  return [...others, e]
}

/** The words of a partial that stay, and those that may change. */
export function parted(e: AnyEvent): [string, string] {
  const words = String(e.text ?? "").split(/\s+/).filter(w => w !== "")
  const stable = Math.min(words.length, Math.max(0, Number(e.stable_words) || 0))
  return [words.slice(0, stable).join(" "), words.slice(stable).join(" ")]
}

export interface SpokenLine {
  key: string
  /** The event to name in a correction. */
  id: string
  at: number
  text: string
  source: string
  /** 0 to 1. */
  confidence: number | undefined
  /** From the end of the voice until it was published, in ms. */
  latency: number | undefined
  late: boolean
  corrected: boolean
  /** What it was before a correction, or what the recogniser wrote before a filter changed it. */
  before: string
  event: AnyEvent
}

/** Lines of the finals in a list, newest first; each revision takes the place of what it corrects. */
export function spoken(events: readonly AnyEvent[]): SpokenLine[] {
  const lines = new Map<string, AnyEvent[]>()
  for (const e of events) {
    if (e.type !== "transcription.final") continue
    const key = String(e.segment_id || e.id)
    const said = lines.get(key)
    if (said) said.push(e)
    else lines.set(key, [e])
  }
  return [...lines].map(([key, said]) => {
    // The list has the newest first, so the first one stands.
    const newest = said[0]!
    const first = said.slice().reverse().find(e => e.is_revision !== true) ?? newest
    const text = String(newest.text ?? "")
    const raw = newest.is_revision === true && first !== newest ? String(first.text ?? "") : String(newest.raw_text ?? "")
    return {
      key, id: newest.id, at: parse(first.timestamp), text, source: sourceOf(newest),
      confidence: typeof newest.confidence === "number" ? newest.confidence : undefined,
      latency: (first.latency as Partial<TranscriptLatency> | undefined)?.published_ms,
      late: first.late === true, corrected: newest.is_revision === true, before: raw === text ? "" : raw, event: newest,
    }
  }).sort((a, b) => b.at - a.at)
}

/** Where in a recording a line is, "1:23:45" after its beginning; the time itself when it is in none. */
export function position(at: number, began: number | undefined): string {
  return began !== undefined && at >= began ? running(at - began) : Number.isNaN(at) ? "" : new Date(at).toISOString()
}

/** One source of the part audio, as its details have it. */
export interface SourceStatus {
  name: string
  device: string
  state: string
  lag: number
  error: string
}

export interface ModelDownload {
  id: string
  done: number
  total: number
  error: string
}

export interface SpeechDetails {
  engine: string
  /** audio.engine of the config. */
  engine_choice: string
  sources: SourceStatus[]
  downloads: ModelDownload[]
  latency: { p50: number; p95: number } | undefined
  paused: boolean | undefined
}

const text = (v: unknown): string => (typeof v === "string" ? v : "")
const number = (v: unknown): number => (typeof v === "number" && Number.isFinite(v) ? v : 0)
const list = (v: unknown): Record<string, unknown>[] => (Array.isArray(v) ? v.filter(x => x !== null && typeof x === "object") : [])

/** Reads the details of the part audio, of whatever version the program is. */
export function speechDetails(details: Record<string, unknown> | undefined): SpeechDetails {
  const d = details ?? {}
  const latency = d.final_latency_ms as Record<string, unknown> | undefined
  return {
    engine: text(d.engine),
    engine_choice: text(d.engine_choice) || "auto",
    sources: list(d.sources).map(s => ({ name: text(s.name), device: text(s.device), state: text(s.state), lag: number(s.lag), error: text(s.error) })),
    downloads: list(d.downloads).map(m => ({ id: text(m.id), done: number(m.done), total: number(m.total), error: text(m.error) })),
    latency: typeof latency?.p50 === "number" ? { p50: latency.p50, p95: number(latency.p95) } : undefined,
    paused: typeof d.paused === "boolean" ? d.paused : undefined,
  }
}

/** What a source is doing, in a few words. */
export function sourceWords(s: SourceStatus): string {
  if (s.state === "away") return s.error ? `away: ${s.error}` : "away"
  if (s.state === "idle") return s.error || "nobody sends"
  const doing = s.state === "listening" && s.lag > 0 ? "recognising" : s.state || "unknown"
  return s.lag >= 0.1 ? `${doing}, lag ${s.lag.toFixed(1)} s` : doing
}
