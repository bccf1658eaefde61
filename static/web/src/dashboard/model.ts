// What the dashboard knows, and where it comes from: two topics for state and events, one for the log, the API for what
// was before. Components read it and never change it.

import { createContext, createMemo, createSignal, onCleanup, untrack, useContext, type Accessor } from "solid-js"
import { createStore, reconcile } from "solid-js/store"
import { get } from "../wire/api.ts"
import type { AnyEvent, LogLine, Page, Stream } from "../wire/events.ts"
import { WireError, type Wire, type WireStatus } from "../wire/socket.ts"
import { followState } from "../wire/state.ts"
import type { DashboardState, StreamState } from "../wire/types.ts"
import { gather, merge } from "./list.ts"
import { hear } from "./spoken.ts"
import { dayOf, parse } from "./time.ts"

const windowMS = 33
const logCap = 1000
const backlog = 200
/** A longer break is announced; shorter ones heal unseen. */
const announceMS = 1_000

export interface Model {
  wire: Wire
  status: Accessor<WireStatus>
  connected: Accessor<boolean>
  /** The connection has been away for longer than one should not notice. */
  away: Accessor<boolean>
  /** The first state has arrived. */
  known: Accessor<boolean>
  state: DashboardState
  stream: Partial<StreamState>
  feed: Accessor<AnyEvent[]>
  /** What is being said at the moment, one partial an utterance. */
  speaking: Accessor<AnyEvent[]>
  /** Why the events from before this page are not here, "" when they are. */
  backlogError: Accessor<string>
  logs: Accessor<LogLine[]>
  /** The broadcast that is on, null for none, undefined as long as it is not known. */
  live: Accessor<Stream | null | undefined>
  /** Milliseconds since 1970, each second. */
  now: Accessor<number>
  /** The day that it is, for clockTime. */
  today: Accessor<string>
  /** The sources that something came from. */
  sources: Accessor<ReadonlySet<string>>
  /** Milliseconds since 1970 at which the program started, NaN as long as it is not known. */
  startedAt: Accessor<number>
  /** Calls the listener with every stored event that arrives; ends with the component. */
  onEvents(listener: (events: AnyEvent[]) => void): void
  /** The event whose details are open. */
  open: Accessor<AnyEvent | null>
  setOpen(event: AnyEvent | null): void
}

export const ModelContext = createContext<Model>()

export function useModel(): Model {
  return useContext(ModelContext)!
}

export function createModel(wire: Wire): Model {
  const [status, setStatus] = createSignal(wire.status)
  onCleanup(wire.onStatus(setStatus))
  const [now, setNow] = createSignal(Date.now())
  const clock = setInterval(() => setNow(Date.now()), 1000)
  onCleanup(() => clearInterval(clock))
  const today = createMemo(() => dayOf(now()))
  const connected = createMemo(() => status().state === "connected")
  const away = createMemo(() => !connected() && now() - status().since > announceMS)

  const [known, setKnown] = createSignal(false)
  const [state, setState] = createStore<DashboardState>({
    parts: [], clients: [], problems: [], bus: { published: 0, repeats: 0, subscribers: [] }, telemetry: {},
  })
  const [stream, setStream] = createStore<Partial<StreamState>>({})
  const [startedAt, setStartedAt] = createSignal(NaN)
  const [feed, setFeed] = createSignal<AnyEvent[]>([])
  const [sources, setSources] = createSignal<ReadonlySet<string>>(new Set())
  const [speaking, setSpeaking] = createSignal<AnyEvent[]>([])
  const [backlogError, setBacklogError] = createSignal("")
  const [logs, setLogs] = createSignal<LogLine[]>([])
  const [live, setLive] = createSignal<Stream | null | undefined>(undefined)
  const [open, setOpen] = createSignal<AnyEvent | null>(null)
  const listeners = new Set<(events: AnyEvent[]) => void>()

  const keep = (events: AnyEvent[]) => {
    setFeed(list => merge(list, events))
    const seen = untrack(sources)
    if (events.some(e => !seen.has(e.source))) setSources(new Set([...seen, ...events.map(e => e.source)]))
  }
  const loadBacklog = async () => {
    try {
      const page = await get<Page>("/api/events", { limit: backlog, tests: true })
      keep(page.hits.map(h => h.event))
      setBacklogError("")
    } catch (error) {
      setBacklogError(error instanceof WireError ? error.message : String(error))
    }
  }
  const loadLive = async () => {
    try {
      const [newest] = await get<Stream[]>("/api/streams", { limit: 1 })
      setLive(newest && Number.isNaN(parse(newest.ended_at)) ? newest : null)
    } catch {
      // The status bar goes on saying what it last knew.
    }
  }

  const arrived = gather<AnyEvent>(windowMS, events => {
    const stored = events.filter(e => e.type !== "transcription.partial")
    for (const e of events) {
      if (e.type === "transcription.partial" || e.type === "transcription.final") setSpeaking(list => hear(list, e))
      else if (e.type === "stream.online" || e.type === "stream.offline") void loadLive()
    }
    if (stored.length === 0) return
    keep(stored)
    for (const listener of listeners) listener(stored)
  })

  const join = followState<DashboardState>(wire, {
    topic: "dashboard:main",
    name: "dashboard",
    full: "initial_state",
    changed(members, full) {
      for (const [key, value] of Object.entries(members)) {
        const by = key === "parts" ? "name" : "id"
        setState(key as keyof DashboardState, reconcile((value ?? []) as never, { key: by }))
      }
      const uptime = members.telemetry?.system?.uptime
      if (typeof uptime === "number") {
        const started = Date.now() - uptime * 1000
        setStartedAt(old => (Math.abs(old - started) < 2500 ? old : started))
      }
      if (full) setKnown(true)
    },
  })
  const events = wire.join("dashboard:main", {
    events: arrived,
    joined: joined => {
      // What a resume brings needs no backlog; anything else may have left a gap.
      if (!joined.resumed) void loadBacklog()
      void loadLive()
    },
  })
  const overlays = followState<StreamState>(wire, {
    topic: "stream:overlays",
    name: "stream",
    full: "stream_state",
    changed: members => setStream(reconcile({ ...stream, ...members })),
  })
  const log = wire.join("dashboard:logs", {
    pushes: {
      log_lines: payload => {
        const lines: LogLine[] = Array.isArray(payload?.lines) ? payload.lines : []
        setLogs(old => {
          // Numbers start anew with each process, so a lower one than the last means another process, not a repeat.
          const last = old[old.length - 1]
          const repeats = last && lines.length > 0 && old.some(l => l.seq === lines[0]!.seq && l.time === lines[0]!.time)
          const fresh = repeats ? lines.filter(l => l.seq > last.seq) : lines
          return fresh.length > 0 ? [...old, ...fresh].slice(-logCap) : old
        })
      },
    },
  })
  onCleanup(() => [join, events, overlays, log].forEach(s => s.leave()))

  return {
    wire, status, connected, away, known, state, stream, feed, speaking, backlogError, logs, live, now, today, sources, startedAt, open, setOpen,
    onEvents(listener) {
      listeners.add(listener)
      onCleanup(() => listeners.delete(listener))
    },
  }
}
