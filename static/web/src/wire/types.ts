// What the program tells its pages beside events: package event's Part, Problem and LogLine, and what the hub knows.

/** A time as RFC 3339 text. */
export type Time = string

export type PartState = "starting" | "running" | "waiting" | "degraded" | "failed" | "stopped"

export interface Part {
  name: string
  state: PartState
  reason: string
  since: Time
  restarts: number
  last_error: string
  last_error_at?: Time
  fresh?: Time
  details?: Record<string, unknown>
}

export interface Problem {
  file: string
  line: number
  column: number
  key: string
  message: string
  hint: string
}

export interface LogLine {
  seq: number
  time: Time
  level: string
  part: string
  message: string
  attrs?: Record<string, unknown>
}

export interface Client {
  id: string
  page: string
  environment: string
  build: string
  outdated: boolean
  topics: string[]
  connected_at: Time
  last_heartbeat: Time
  latency_ms: number | null
  drops: number
  address: string
}

export interface DashboardState {
  parts: Part[]
  clients: Client[]
  problems: Problem[]
  bus: { published: number; repeats: number; subscribers: { name: string; waiting: number; capacity: number; dropped: number }[] }
  telemetry: { system?: { uptime?: number; version?: string; environment?: string; status?: string }; [key: string]: unknown }
}

export interface StreamState {
  server_time: Time
  show: { id: string; name: string; category_id?: string; category_name?: string; title?: string; changed_at?: Time }
  layers: Record<"foreground" | "midground" | "background", unknown>
  ticker: unknown
  takeover: unknown
}

export interface Hit<E> {
  event: E
  /** The text around the words that were asked for; they stand between U+0002 and U+0003. */
  snippet?: string
  stream?: number
}

export interface Bucket {
  start: Time
  end: Time
  counts: Record<string, number> | null
  total: number
  /** False where the program was not running: no data is not zero. */
  known: boolean
}

export interface Stream {
  id: number
  started_at: Time
  ended_at?: Time
  title: string
  category_name: string
}
