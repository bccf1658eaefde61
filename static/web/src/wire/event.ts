/** The members that every event has on the wire; its type's own stand at the same level. */
export interface FlatEvent {
  id: string
  /** Its place in the one order of events, as decimal text: it has more bits than a number. */
  seq?: string
  type: string
  timestamp: string
  correlation_id: string
  source: string
  source_id: string
  raw_type: string
  flags?: string[]
  [field: string]: unknown
}

/** Compares two seqs without losing their low bits. */
export function compareSeq(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}
