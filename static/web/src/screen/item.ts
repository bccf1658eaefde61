// What the program tells a page about the screen: the document "stream". Times in it are milliseconds since 1970, by the
// program's clock.

export const layers = ["foreground", "midground", "background"] as const
export type LayerName = (typeof layers)[number]

export const layerPriority: Record<LayerName, number> = { foreground: 100, midground: 50, background: 10 }

/** One thing on a layer. Fields of data are by its type; anything may be missing. */
export interface Item {
  id: string
  type: string
  /** alert, manual_override, sub_train or ticker. */
  kind?: string
  data: Record<string, unknown>
  priority?: number
  layer?: LayerName
  /** Its whole display time in ms. */
  duration?: number
  /** Null while its clock stands: before a page said shown, and while a higher layer covers it. */
  started_at?: number | null
  ends_at?: number | null
  /** What is left of its time in ms while the clock stands. */
  remaining?: number
  /** The event that it was made of. */
  source?: string
  flags?: string[]
  text?: string
  sound?: string
  volume?: number
  animation?: string
  count?: number
  /** The client that plays it: it alone makes sound and says shown and finished. */
  player?: string
  /** The page of that client, like "alerts". */
  player_page?: string
}

export interface Show {
  id: string
  name: string
  category_id?: string
  category_name?: string
  title?: string
}

export interface Takeover {
  type: string
  message: string
  started_at?: number
  ends_at?: number | null
  by?: string
}

/** The files of the streamer's own folder, named by their content; null for one that is not there. */
export interface Custom {
  theme: string | null
  script: string | null
}

export interface StreamDocument {
  server_time: string
  show: Show | null
  layers: Partial<Record<LayerName, Item | null>> | null
  ticker: { list?: string[]; index?: number; next_at?: number | null } | null
  takeover: Takeover | null
  players?: Partial<Record<LayerName, string>>
  muted?: boolean
  blank?: boolean
  custom?: Custom | null
}

export function hasFlag(item: Item, flag: string): boolean {
  return Array.isArray(item.flags) && item.flags.includes(flag)
}
