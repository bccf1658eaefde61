// The one connection of a page to the program, on the official phoenix client. It promises:
//
// - one socket a page and one join a topic, however many components listen;
// - it reconnects for ever, with jitter, also while the page is hidden;
// - a topic goes on where it stopped: each join sends the newest seq it knows, an event arrives once;
// - a command is refused at once while its topic is not joined, and is never sent late;
// - a page of another build than the program's reloads itself as soon as it is not busy.

import { Socket, type Channel } from "phoenix"
import type { AnyEvent } from "./events.ts"
import { compareSeq } from "./seq.ts"

const heartbeatMS = 15_000
const replyTimeoutMS = 5_000
const latencyEveryMS = 30_000
/** The first measure waits until a page that has just connected is done with drawing itself. */
const latencyFirstMS = 1_000
const latencySamples = 60
const recentIDs = 4096
const reloadCheckMS = 1_000

/** The wait before the given attempt (from 1): 0.25 s doubling to 5 s, and up to a quarter more or less. */
export function backoffMS(attempt: number, random = Math.random): number {
  const base = Math.min(250 * 2 ** Math.min(attempt - 1, 10), 5_000)
  return Math.round(base * (0.75 + random() * 0.5))
}

/** A refusal of the program, or of this module when the program cannot be asked. */
export class WireError extends Error {
  readonly code: string
  readonly details: Record<string, unknown>
  constructor(code: string, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}

const notConnected = () => new WireError("not_connected", "not connected")

export type Environment = "obs" | "dock" | "browser" | "development"

export interface WireOptions {
  page: string
  environment: Environment
  /** The name of this page's own build; empty in development, where no page reloads itself. */
  build: string
  /** Whether something is going on that a reload would cut off. It is asked again each second while a reload waits. */
  busy?: () => boolean
  reload?: () => void
  /** Remembers for which build this page reloaded, so that it does so once; sessionStorage in a page. */
  memory?: Pick<Storage, "getItem" | "setItem"> | undefined
  url?: string
  transport?: unknown
}

export interface Latency {
  last: number
  p50: number
  p95: number
  max: number
}

export interface WireStatus {
  /** "connecting" until the first connection, "lost" whenever there was one and it is gone. */
  state: "connecting" | "connected" | "lost"
  /** When the state was entered, in ms since 1970. */
  since: number
  attempts: number
  reconnects: number
  latency: Latency | null
  serverBuild: string
  /** The program has another build and this page has not reloaded for it yet. */
  outdated: boolean
}

/** What a topic said when it was joined. */
export interface Joined {
  epoch: string
  seq: string
  resumed: boolean
  reset: boolean
  /** The program's clock, in ms since 1970; NaN when it did not say. */
  serverTime: number
  /** The name that the program knows this connection by; empty when it did not say. */
  client: string
  /** False when this page has been joined before. */
  first: boolean
}

export interface Handlers {
  /** The topic is joined, the first time or again. */
  joined?: (joined: Joined) => void
  /** Events, oldest first, each once. */
  events?: (events: AnyEvent[]) => void
  /** Any other push, by its name. */
  pushes?: Record<string, (payload: any) => void>
}

export interface Subscription {
  /** Sends a command and gives the data of its reply, or a WireError. */
  push(event: string, payload?: object, timeoutMS?: number): Promise<any>
  readonly joined: boolean
  /** Ends the subscription; the topic is left with its last one. */
  leave(): void
}

// The stock client does not reconnect while its page is hidden, and a browser source that is not on screen counts as
// hidden: alerts would find no page.
class SteadySocket extends Socket {
  override get pageHidden(): boolean {
    return false
  }
  /** Connects at once instead of at the end of the wait; does nothing while connected. */
  hurry(): void {
    this.handleVisibilityChange()
  }
  /** Forgets what was to be sent; topics join anew by themselves. */
  dropBuffer(): void {
    this.sendBuffer = []
  }
}

export class Wire {
  readonly correlationID: string
  readonly #options: WireOptions
  readonly #socket: SteadySocket
  readonly #topics = new Map<string, Topic>()
  readonly #listeners = new Set<(status: WireStatus) => void>()
  readonly #samples: number[] = []
  #status: WireStatus = {
    state: "connecting", since: Date.now(), attempts: 0, reconnects: 0, latency: null, serverBuild: "", outdated: false,
  }
  #latencyTimer: ReturnType<typeof setTimeout> | undefined
  #reloadTimer: ReturnType<typeof setTimeout> | undefined

  constructor(options: WireOptions) {
    this.#options = options
    const random = Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, "0")
    const kind = options.page === "dashboard" ? "" : "overlay-"
    this.correlationID = `${kind}${options.page}-${Date.now()}-${random}`
    this.#socket = new SteadySocket(options.url ?? "/socket", {
      vsn: "2.0.0",
      timeout: replyTimeoutMS,
      heartbeatIntervalMs: heartbeatMS,
      reconnectAfterMs: backoffMS,
      rejoinAfterMs: backoffMS,
      params: () => ({
        page: options.page,
        environment: options.environment,
        build: options.build,
        correlation_id: this.correlationID,
      }),
      ...(options.transport ? { transport: options.transport } : {}),
    })
    this.#socket.onOpen(() => this.#opened())
    this.#socket.onClose(() => this.#closed())
    globalThis.window?.addEventListener("online", () => this.#socket.hurry())
  }

  connect(): void {
    this.#socket.connect()
  }

  /** Closes the connection for good; connect opens it again. */
  disconnect(): void {
    this.#socket.disconnect()
    this.#closed()
  }

  /** Connects at once if a reconnect waits. */
  hurry(): void {
    this.#socket.hurry()
  }

  get status(): WireStatus {
    return this.#status
  }

  /** Calls the listener now and on every change; returns how to stop. */
  onStatus(listener: (status: WireStatus) => void): () => void {
    this.#listeners.add(listener)
    listener(this.#status)
    return () => this.#listeners.delete(listener)
  }

  /** Shows every message that arrives to somebody who looks for a fault. */
  inspect(look: (topic: string, event: string, payload: unknown) => void): void {
    this.#socket.onMessage((message: { topic: string; event: string; payload: unknown }) => look(message.topic, message.event, message.payload))
  }

  /** Listens to a topic, joining it if nobody does yet. */
  join(topic: string, handlers: Handlers): Subscription {
    let t = this.#topics.get(topic)
    if (!t) {
      t = new Topic(topic, this.#socket, reply => this.#heard(reply), () => this.#broke())
      this.#topics.set(topic, t)
    }
    const shared = t
    shared.add(handlers)
    return {
      push: (event, payload = {}, timeoutMS = replyTimeoutMS) => shared.push(event, payload, timeoutMS),
      get joined() {
        return shared.isJoined
      },
      leave: () => {
        if (shared.remove(handlers)) this.#topics.delete(topic)
      },
    }
  }

  #opened(): void {
    const again = this.#status.state === "lost"
    this.#set({
      state: "connected", since: Date.now(), attempts: 0, reconnects: this.#status.reconnects + (again ? 1 : 0),
    })
    clearTimeout(this.#latencyTimer)
    this.#latencyTimer = setTimeout(() => this.#measure(), latencyFirstMS)
  }

  #closed(): void {
    clearTimeout(this.#latencyTimer)
    this.#socket.dropBuffer()
    for (const t of this.#topics.values()) t.dropBuffer()
    if (this.#status.state === "connected") this.#set({ state: "lost", since: Date.now(), attempts: 1 })
    else this.#set({ attempts: this.#status.attempts + 1 })
  }

  // A connection that fell silent is given up before, or without, its close event.
  #broke(): void {
    if (this.#status.state === "connected" && !this.#socket.isConnected()) this.#closed()
  }

  #measure(): void {
    this.#latencyTimer = setTimeout(() => this.#measure(), latencyEveryMS)
    const began = performance.now()
    this.#socket.ping(() => {
      const ms = Math.round((performance.now() - began) * 10) / 10
      this.#samples.push(ms)
      if (this.#samples.length > latencySamples) this.#samples.shift()
      const sorted = [...this.#samples].sort((a, b) => a - b)
      const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!
      this.#set({ latency: { last: ms, p50: at(0.5), p95: at(0.95), max: sorted[sorted.length - 1]! } })
      this.#report(ms)
    })
  }

  // Tells the program the round trip on whichever topic is joined. The first measure is often done before any is.
  #report(ms: number): void {
    const topics = [...this.#topics.values()]
    const joined = topics.find(t => t.isJoined)
    if (joined) joined.push("latency", { ms }, replyTimeoutMS).catch(() => {})
    else topics[0]?.onceJoined(() => this.#report(ms))
  }

  #heard(reply: { build?: unknown }): void {
    const server = typeof reply.build === "string" ? reply.build : ""
    const own = this.#options.build
    const outdated = own !== "" && server !== "" && server !== own
    this.#set({ serverBuild: server, outdated })
    clearTimeout(this.#reloadTimer)
    if (!outdated) return
    // A page that is still another one after it reloaded for this build would reload for ever.
    const memory = this.#options.memory
    if (memory?.getItem("landale-reloaded-for") === server) return
    const reloadWhenIdle = () => {
      if (this.#options.busy?.()) {
        this.#reloadTimer = setTimeout(reloadWhenIdle, reloadCheckMS)
        return
      }
      memory?.setItem("landale-reloaded-for", server)
      this.#options.reload?.()
    }
    reloadWhenIdle()
  }

  #set(change: Partial<WireStatus>): void {
    this.#status = { ...this.#status, ...change }
    for (const listener of this.#listeners) listener(this.#status)
  }
}

// A topic joined once for all who listen. It keeps the place up to which events arrived.
class Topic {
  readonly #name: string
  readonly #socket: Socket
  readonly #heard: (reply: any) => void
  readonly #broke: () => void
  readonly #handlers = new Set<Handlers>()
  readonly #pending = new Set<(error: WireError) => void>()
  readonly #waiting: (() => void)[] = []
  readonly #ids = new Set<string>()
  #channel: Channel
  #epoch = ""
  #since = ""
  #left = false

  constructor(name: string, socket: Socket, heard: (reply: any) => void, broke: () => void) {
    this.#name = name
    this.#socket = socket
    this.#heard = heard
    this.#broke = broke
    this.#channel = this.#open()
  }

  get isJoined(): boolean {
    return this.#channel.state === "joined" && this.#socket.isConnected()
  }

  add(handlers: Handlers): void {
    this.#handlers.add(handlers)
  }

  /** Removes one listener and reports whether it was the last, in which case the topic is left. */
  remove(handlers: Handlers): boolean {
    if (this.#left || !this.#handlers.delete(handlers) || this.#handlers.size > 0) return false
    this.#left = true
    this.#refuse()
    this.#channel.leave()
    return true
  }

  push(event: string, payload: object, timeoutMS: number): Promise<any> {
    // The client would keep it and send it after the next join.
    if (!this.isJoined) return Promise.reject(notConnected())
    return new Promise((resolve, reject) => {
      const done = () => this.#pending.delete(refuse)
      const refuse = (error: WireError) => {
        done()
        reject(error)
      }
      this.#pending.add(refuse)
      this.#channel.push(event, payload, timeoutMS)
        .receive("ok", response => {
          done()
          resolve(response?.success === true ? response.data : response)
        })
        .receive("error", response => {
          const e = response?.error ?? {}
          refuse(new WireError(e.code ?? "service_error", e.message ?? response?.reason ?? "refused", e.details))
        })
        .receive("timeout", () => refuse(new WireError("timeout", `no answer to ${event} in ${timeoutMS / 1000} s`)))
    })
  }

  onceJoined(callback: () => void): void {
    this.#waiting.push(callback)
  }

  dropBuffer(): void {
    this.#channel.pushBuffer = []
    this.#refuse()
  }

  // A command whose reply can no longer come is answered now. Whether it was carried out is not known.
  #refuse(): void {
    for (const refuse of [...this.#pending]) refuse(new WireError("not_connected", "the connection was lost before the answer"))
  }

  #open(): Channel {
    const channel = this.#socket.channel(this.#name, () => ({
      batch: true,
      patches: true,
      ...(this.#since ? { epoch: this.#epoch, since: this.#since } : {}),
    }))
    channel.onMessage = (event, payload) => {
      this.#dispatch(event, payload)
      return payload
    }
    channel.onError(() => this.#broke())
    channel.onClose(() => {
      // The program ended the topic without being asked to.
      if (!this.#left && channel === this.#channel) setTimeout(() => this.#reopen(), backoffMS(3))
    })
    channel.join().receive("ok", response => this.#joined(response?.data ?? response ?? {}))
    return channel
  }

  #reopen(): void {
    if (!this.#left) this.#channel = this.#open()
  }

  #joined(reply: any): void {
    const first = this.#since === ""
    const joined: Joined = {
      epoch: String(reply.epoch ?? ""),
      seq: String(reply.seq ?? ""),
      resumed: reply.resumed === true,
      reset: reply.reset === true,
      serverTime: Date.parse(reply.server_time),
      client: typeof reply.client === "string" ? reply.client : "",
      first,
    }
    this.#epoch = joined.epoch
    // What is replayed moves the place by itself; it must not be passed before it has arrived.
    if (!joined.resumed) this.#since = joined.seq
    for (const h of [...this.#handlers]) h.joined?.(joined)
    for (const callback of this.#waiting.splice(0)) callback()
    this.#heard(reply)
  }

  #dispatch(name: string, payload: any): void {
    if (name.startsWith("phx_") || name.startsWith("chan_reply_")) return
    if (name === "events") {
      const events = this.#fresh(payload?.events)
      if (events.length === 0) return
      for (const h of [...this.#handlers]) h.events?.(events)
      return
    }
    for (const h of [...this.#handlers]) h.pushes?.[name]?.(payload)
  }

  // Keeps those that did not arrive before, and moves the place.
  #fresh(events: unknown): AnyEvent[] {
    if (!Array.isArray(events)) return []
    const fresh: AnyEvent[] = []
    for (const e of events as AnyEvent[]) {
      if (typeof e?.id !== "string" || this.#ids.has(e.id)) continue
      this.#ids.add(e.id)
      fresh.push(e)
      if (e.seq && compareSeq(e.seq, this.#since) > 0) this.#since = e.seq
    }
    if (this.#ids.size > recentIDs) {
      const oldest = this.#ids.values()
      for (let n = this.#ids.size - recentIDs; n > 0; n--) this.#ids.delete(oldest.next().value!)
    }
    return fresh
  }
}
