// Small pieces of text on screen. Whatever comes from outside is taken as it is: anything may be missing, or of another
// kind than promised.

export function text(value: unknown, fallback = ""): string {
  if (typeof value === "string") return value.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "").trim() || fallback
  if (typeof value === "number" && Number.isFinite(value)) return String(value)
  return fallback
}

export function number(value: unknown): number | undefined {
  const n = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  return typeof n === "number" && Number.isFinite(n) ? n : undefined
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 })
const tenth = new Intl.NumberFormat("en", { maximumFractionDigits: 1 })
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 })

/** 12,345 and, where room is scarce, 1.2M. */
export function figure(value: unknown): string {
  const n = number(value)
  if (n === undefined) return ""
  return Math.abs(n) >= 1_000_000 ? compact.format(n) : Number.isInteger(n) ? whole.format(n) : tenth.format(n)
}

export function percent(value: unknown): string {
  const n = number(value)
  return n === undefined ? "" : tenth.format(n) + "%"
}

/** T1, T2, T3 for 1000, 2000, 3000; "" for anything else. */
export function tier(value: unknown): string {
  const t = text(value)
  return /^[123](000)?$/.test(t) ? "T" + t[0] : /^T[123]$/.test(t) ? t : ""
}

export function plural(n: number, one: string, many = one + "s"): string {
  return `${figure(n)} ${n === 1 ? one : many}`
}

/** "ironmon_run_stats" as "Ironmon run stats". */
export function spoken(name: string): string {
  const s = name.replaceAll(/[._-]+/g, " ").trim()
  return s.charAt(0).toUpperCase() + s.slice(1)
}

/** The time of day, in the streamer's own way of writing it. */
export function clock(value: unknown): string {
  const at = new Date(typeof value === "number" || typeof value === "string" ? value : NaN)
  return Number.isNaN(at.getTime()) ? "" : at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
}

export interface Piece {
  text: string
  name: boolean
}

/** Takes a text apart so that a name in it can be told from the rest. */
export function withName(whole: string, name: string): Piece[] {
  const at = name === "" ? -1 : whole.indexOf(name)
  if (at < 0) return whole === "" ? [] : [{ text: whole, name: false }]
  return [
    { text: whole.slice(0, at), name: false },
    { text: name, name: true },
    { text: whole.slice(at + name.length), name: false },
  ].filter(p => p.text !== "")
}
