const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })
const short = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium", hourCycle: "h23" })

/** Milliseconds since 1970 of RFC 3339 text; NaN when there is none. Go's zero time counts as none. */
export function parse(time: string | undefined): number {
  const ms = time ? Date.parse(time) : NaN
  return ms > 0 ? ms : NaN
}

/** The day of a time, to compare others with. */
export function dayOf(ms: number): string {
  return new Date(ms).toDateString()
}

/** "20:14:05", with the day in front when it is not today's; today is dayOf now. */
export function clockTime(ms: number, today: string): string {
  if (Number.isNaN(ms)) return "–"
  return dayOf(ms) === today ? clock.format(ms) : `${day.format(ms)} ${short.format(ms)}`
}

/** Everything about a time, for a tooltip. */
export function wholeTime(ms: number): string {
  return Number.isNaN(ms) ? "" : full.format(ms)
}

/** A span in its two largest useful units' coarser one: "12 s", "5 min", "3 h", "4 d". */
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min`
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h`
  return `${Math.floor(s / 86400)} d`
}

/** A running time: "4:05", "1:23:45". */
export function running(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, "0")
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}
