// The state documents, as far as pages read them. What package event defines is generated into events.ts.

import type { BusStats, Part, Problem, Time } from "./events.ts"

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
  bus: BusStats
  telemetry: { system?: { uptime?: number; version?: string; environment?: string; status?: string }; [key: string]: unknown }
}

export interface StreamState {
  server_time: Time
  show: { id: string; name: string; category_id?: string; category_name?: string; title?: string; changed_at?: Time }
  layers: Record<"foreground" | "midground" | "background", unknown>
  ticker: unknown
  takeover: unknown
}
