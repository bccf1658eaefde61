// What is on screen, as this page knows it: follows the document "stream", moves the layers, and tells the program what
// was shown. The program decides what is on a layer and for how long; when it is away, an alert leaves at its own end
// all the same, and a ticker's card stays.

import { createSignal, type Accessor } from "solid-js"
import { followState } from "../wire/state.ts"
import type { Subscription, Wire } from "../wire/socket.ts"
import { layers, type Item, type LayerName, type Show, type StreamDocument, type Takeover, type Custom } from "./item.ts"
import { Orchestrator } from "./orchestrator.ts"

export interface ScreenOptions {
  /** The layers that the page draws. */
  layers?: readonly LayerName[]
  /** Decides whether the page draws an item of its layers; all of them if left out. */
  draws?: (item: Item, layer: LayerName) => boolean
  /** An item that this page plays begins to be seen, once. */
  played?: (item: Item, layer: LayerName) => void
  /** Pushes of the topic that are no state. */
  pushes?: Record<string, (payload: any) => void>
}

/** How long an item may stay beyond its end while the program is there but says nothing. */
const graceMS = 1_000

export class Screen {
  readonly orchestrator = new Orchestrator<Item>()
  readonly show: Accessor<Show | null>
  readonly takeover: Accessor<Takeover | null>
  /** What the program has on its layers. */
  readonly layers: Accessor<StreamDocument["layers"]>
  readonly muted: Accessor<boolean>
  readonly custom: Accessor<Custom | null>
  readonly subscription: Subscription
  /** How far this page's clock is ahead of the program's, in ms. */
  aheadMS = 0
  /** The newest document, for debugging. */
  readonly document: Partial<StreamDocument> = {}

  readonly #options: ScreenOptions
  readonly #wire: Wire
  #client = ""
  readonly #you: Partial<Record<LayerName, boolean>> = {}
  /** Said shown on this connection; another connection is another client. */
  readonly #acked = new Set<string>()
  readonly #played = new Set<string>()
  /** Items that left at their own end, and when that was. */
  readonly #over = new Map<string, number>()
  readonly #timers: Partial<Record<LayerName, ReturnType<typeof setTimeout>>> = {}

  constructor(wire: Wire, options: ScreenOptions = {}) {
    this.#wire = wire
    this.#options = options
    const [show, setShow] = createSignal<Show | null>(null)
    const [takeover, setTakeover] = createSignal<Takeover | null>(null)
    const [all, setAll] = createSignal<StreamDocument["layers"]>(null)
    const [muted, setMuted] = createSignal(false)
    const [custom, setCustom] = createSignal<Custom | null>(null)
    this.show = show
    this.takeover = takeover
    this.layers = all
    this.muted = muted
    this.custom = custom
    this.orchestrator.onChange((layer, view) => {
      if (view.item && view.state !== "hidden" && view.state !== "exiting") this.#seen(layer, view.item)
    })
    this.subscription = followState<StreamDocument>(wire, {
      topic: "stream:overlays",
      name: "stream",
      full: "stream_state",
      joined: joined => {
        this.#client = joined.client
        this.#acked.clear()
      },
      pushes: {
        player: p => {
          if (layers.includes(p?.layer)) this.#you[p.layer as LayerName] = p.you === true
          this.#tellPlayer()
        },
        ...options.pushes,
      },
      changed: (members, full) => {
        Object.assign(this.document, members)
        if (full && members.server_time) this.aheadMS = Date.now() - (Date.parse(members.server_time) || Date.now())
        if (members.show !== undefined) setShow(members.show)
        if (members.takeover !== undefined) setTakeover(members.takeover)
        if (members.muted !== undefined) setMuted(members.muted === true)
        if (members.custom !== undefined) setCustom(members.custom)
        if (members.players !== undefined || members.layers !== undefined) this.#tellPlayer()
        if (members.layers !== undefined) {
          setAll(members.layers)
          this.#take(members.layers ?? {})
        }
      },
    })
  }

  /** Whether this page plays the item: it alone makes sound and answers for it. */
  plays(item: Item): boolean {
    if (item.player !== undefined) return item.player !== "" && item.player === this.#client
    return this.#you[item.layer ?? "foreground"] === true
  }

  /** Whether the item is played by another page than this one, as far as is known. */
  elsewhere(item: Item): boolean {
    return this.#client !== "" && item.player !== undefined && item.player !== "" && item.player !== this.#client
  }

  /** Puts an item on a layer of this page only, until the program's next word on that layer. For debugging. */
  place(layer: LayerName, item: Item | null): void {
    this.orchestrator.show(layer, item)
  }

  /** This page shows what the program says; a local change is undone. */
  restore(): void {
    this.#take(this.document.layers ?? {})
  }

  #take(all: Partial<Record<LayerName, Item | null>>): void {
    for (const layer of this.#options.layers ?? []) {
      const given = all[layer]
      const item = given && typeof given.id === "string" ? { ...given, layer, data: given.data ?? {} } : null
      const over = item && item.ends_at !== null && item.ends_at !== undefined && this.#over.get(item.id) === item.ends_at
      this.#clock(layer, item)
      this.orchestrator.show(layer, over || (item && this.#options.draws?.(item, layer) === false) ? null : item)
      if (item) this.#acknowledge(layer, item)
    }
  }

  // An item's end is this page's to see to while nobody else can.
  #clock(layer: LayerName, item: Item | null): void {
    clearTimeout(this.#timers[layer])
    const ends = item?.ends_at
    if (!item || typeof ends !== "number" || item.kind === "ticker") return
    const wait = Math.max(0, ends + this.aheadMS - Date.now())
    const leave = () => {
      this.#over.set(item.id, ends)
      if (this.#over.size > 100) this.#over.delete(this.#over.keys().next().value!)
      this.orchestrator.show(layer, null)
    }
    this.#timers[layer] = setTimeout(() => {
      if (this.plays(item)) this.subscription.push("finished", { id: item.id }).catch(() => {})
      if (this.#wire.status.state !== "connected") leave()
      else this.#timers[layer] = setTimeout(leave, graceMS)
    }, Math.min(wait, 2 ** 31 - 1))
  }

  #seen(layer: LayerName, item: Item): void {
    // Told from a frame: a page that is not drawn shows nothing to anybody.
    requestAnimationFrame(() => this.#acknowledge(layer, item))
  }

  #acknowledge(layer: LayerName, item: Item): void {
    if (item.kind === "ticker" || this.#acked.has(item.id) || !this.plays(item)) return
    const view = this.orchestrator.view(layer)
    if (view.item?.id !== item.id || view.state === "exiting" || view.state === "hidden") return
    this.#acked.add(item.id)
    if (!this.#played.has(item.id)) {
      this.#played.add(item.id)
      if (this.#played.size > 100) this.#played.delete(this.#played.values().next().value!)
      this.#options.played?.(item, layer)
    }
    this.subscription.push("shown", { id: item.id }).catch(() => this.#acked.delete(item.id))
  }

  // A second page is told that it is not the one that plays.
  #tellPlayer(): void {
    const own = this.#options.layers ?? []
    const players = this.document.players
    const plays = own.some(l => players ? players[l] !== undefined && players[l] !== "" && players[l] === this.#client : this.#you[l])
    document.documentElement.dataset.player = String(plays)
  }
}
