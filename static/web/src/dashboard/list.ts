// The newest events, newest first, each once.

import type { AnyEvent } from "../wire/events.ts"
import { compareSeq } from "../wire/seq.ts"

/** How many are kept. */
export const cap = 1000

const newer = (a: AnyEvent, b: AnyEvent): number =>
  a.seq && b.seq ? compareSeq(b.seq, a.seq) : b.timestamp < a.timestamp ? -1 : b.timestamp > a.timestamp ? 1 : 0

/** Adds events in any order to a list; both may overlap. The list itself is not changed. */
export function merge(list: AnyEvent[], events: AnyEvent[]): AnyEvent[] {
  // Live, all of them are newer than the list: then none can be in it.
  const first = list[0]
  const live = first !== undefined && events.every(e => newer(e, first) < 0)
  const known = new Set(live ? [] : list.map(e => e.id))
  const fresh = events.filter(e => !known.has(e.id) && known.add(e.id))
  if (fresh.length === 0) return list
  const merged = live ? fresh.sort(newer).concat(list) : fresh.concat(list).sort(newer)
  return merged.length > cap ? merged.slice(0, cap) : merged
}

/** Hands on what is added: at once, and what follows within the window together at its end. */
export function gather<T>(windowMS: number, out: (items: T[]) => void): (items: T[]) => void {
  let pending: T[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    timer = undefined
    if (pending.length === 0) return
    const items = pending
    pending = []
    timer = setTimeout(flush, windowMS)
    out(items)
  }
  return items => {
    pending.push(...items)
    if (timer === undefined) flush()
  }
}
