// The activity feed: what happens, newest first; with words in the search box, what was found.

import { createEffect, createMemo, createSignal, For, Match, on, onCleanup, Show, Switch, untrack, type JSX } from "solid-js"
import { get } from "../wire/api.ts"
import type { AnyEvent, Hit, Page } from "../wire/events.ts"
import { filters } from "./describe.ts"
import { useModel } from "./model.ts"
import { Panel } from "./panel.tsx"
import { remembered } from "./remember.ts"
import { Row } from "./row.tsx"

const pageSize = 100
const debounceMS = 300
/** Scrolled further than this, the list stands still. */
const pauseAt = 24

const spans = [
  { id: "", label: "Any time", hours: 0 },
  { id: "1", label: "Last hour", hours: 1 },
  { id: "24", label: "Last 24 h", hours: 24 },
  { id: "168", label: "Last 7 days", hours: 168 },
  { id: "720", label: "Last 30 days", hours: 720 },
] as const

const filterIDs = filters.map(f => f.id)

export function Feed(): JSX.Element {
  const model = useModel()
  const [filterID, setFilterID] = remembered("feed.filter", "all", filterIDs)
  const [tests, setTests] = remembered<"show" | "hide">("feed.tests", "show", ["show", "hide"])
  const [text, setText] = remembered<string>("feed.search", "", undefined, () => sessionStorage)
  const [within, setWithin] = remembered<string>("feed.within", "", spans.map(s => s.id))
  const [order, setOrder] = remembered<"newest" | "rank">("feed.order", "newest", ["newest", "rank"])
  const filter = createMemo(() => filters.find(f => f.id === filterID()) ?? filters[0]!)
  const offered = createMemo(() => filters.filter(f => !f.rare || f.id === filterID() || model.sources().has(f.id)))
  const searching = () => text().trim() !== ""

  // Live: what passes the filter, frozen while one reads further down.
  const passing = createMemo(() => {
    const f = filter()
    const hide = tests() === "hide"
    return model.feed().filter(e => f.passes(e) && !(hide && e.flags?.includes("test")))
  })
  const [held, setHeld] = createSignal(false)
  const [scrolled, setScrolled] = createSignal(false)
  const paused = () => held() || scrolled()
  const [frozen, setFrozen] = createSignal<AnyEvent[]>([])
  createEffect(on(() => [paused(), filterID(), tests()] as const, ([stop]) => {
    if (stop) setFrozen(untrack(passing))
  }))
  const listed = () => (paused() ? frozen() : passing())
  const missed = createMemo(() => {
    if (!paused()) return 0
    const first = frozen()[0]
    if (!first) return passing().length
    const at = passing().findIndex(e => e.id === first.id)
    return at < 0 ? passing().length : at
  })
  const [shown, setShown] = createSignal(pageSize)
  const visible = createMemo(() => listed().slice(0, shown()))

  // Search.
  const [hits, setHits] = createSignal<Hit[]>([])
  const [next, setNext] = createSignal("")
  const [busy, setBusy] = createSignal(false)
  const [error, setError] = createSignal("")
  let running: AbortController | undefined
  const search = async (cursor: string) => {
    running?.abort()
    const mine = (running = new AbortController())
    setBusy(true)
    const hours = Number(within())
    try {
      const page = await get<Page>("/api/events", {
        q: text().trim(), ...filter().query, tests: tests() === "show", limit: 50, cursor, rank: order() === "rank",
        from: hours ? new Date(Date.now() - hours * 3_600_000).toISOString() : undefined,
      }, mine.signal)
      setHits(old => (cursor ? [...old, ...page.hits] : page.hits))
      setNext(page.next)
      setError("")
    } catch (e) {
      if (mine.signal.aborted) return
      setError((e as Error).message)
      if (!cursor) setNext("")
    }
    setBusy(false)
  }
  // A search that met an outage runs again by itself.
  createEffect(on(() => [text().trim(), filterID(), tests(), within(), order(), model.connected()] as const, ([words, , , , , connected]) => {
    running?.abort()
    setBusy(false)
    if (words === "") {
      setHits([])
      setError("")
      return
    }
    if (!connected) return
    setBusy(true)
    const timer = setTimeout(() => void search(""), debounceMS)
    onCleanup(() => clearTimeout(timer))
  }))

  let box!: HTMLInputElement
  let scroller!: HTMLDivElement
  const toTop = () => {
    setHeld(false)
    scroller.scrollTo({ top: 0 })
    setScrolled(false)
    setShown(pageSize)
  }
  const onScroll = () => {
    setScrolled(scroller.scrollTop > pauseAt)
    if (scroller.scrollTop + scroller.clientHeight > scroller.scrollHeight - 480) more()
  }
  const more = () => {
    if (!searching()) setShown(n => Math.min(n + pageSize, Math.max(listed().length, pageSize)))
  }
  createEffect(on([filterID, searching], () => toTop(), { defer: true }))

  const waiting = createMemo(() => model.state.parts.filter(p => p.state === "waiting" && p.reason))
  const rows = () => (searching() ? hits().map(h => h.event) : visible())
  const move = (by: number) => {
    const list = rows()
    const buttons = [...scroller.querySelectorAll<HTMLButtonElement>(".row-button")]
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
    const target = buttons[Math.min(Math.max(at + by, 0), list.length - 1)]
    target?.focus()
    target?.scrollIntoView({ block: "nearest" })
    if (model.open() && target) target.click()
  }
  const keys = (e: KeyboardEvent) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return
    const typing = (e.target as Element).matches?.("input, select, textarea")
    if (e.key === "/" && !typing) {
      e.preventDefault()
      window.dispatchEvent(new CustomEvent("landale:view", { detail: "feed" }))
      box.focus()
      box.select()
    } else if (typing) return
    else if (e.key === "j") move(1)
    else if (e.key === "k") move(-1)
    else if (e.key === "p") held() || scrolled() ? toTop() : setHeld(true)
  }
  window.addEventListener("keydown", keys)
  onCleanup(() => window.removeEventListener("keydown", keys))

  const boxKeys = (e: KeyboardEvent) => {
    if (e.key === "Escape" && text() !== "") {
      e.preventDefault()
      setText("")
    } else if (e.key === "ArrowDown") {
      e.preventDefault()
      scroller.querySelector<HTMLButtonElement>(".row-button")?.focus()
    }
  }

  return (
    <Panel name="feed" title={searching() ? "Search" : "Activity feed"} tools={
      <>
        <Show when={searching() && busy()}><span class="quiet">Searching…</span></Show>
        <Show when={!searching() && paused()}>
          <button type="button" class="pill" onClick={toTop}>{missed() > 0 ? `${missed()} new ↑` : "Paused · go on"}</button>
        </Show>
        <button type="button" class="chip" aria-pressed={tests() === "show"} title="Whether events that are flagged test are shown" onClick={() => setTests(t => (t === "show" ? "hide" : "show"))}>Tests</button>
      </>
    }>
      <div class="search">
        <input ref={box} type="search" value={text()} placeholder="Search everything said, typed and done" aria-label="Search events" spellcheck={false}
          onInput={e => setText(e.currentTarget.value)} onKeyDown={boxKeys} />
        <kbd class="search-key">/</kbd>
      </div>
      <div class="chips" role="group" aria-label="Filter">
        <For each={offered()}>
          {f => <button type="button" class="chip" aria-pressed={filterID() === f.id} onClick={() => setFilterID(f.id)}>{f.label}</button>}
        </For>
      </div>
      <Show when={searching()}>
        <div class="search-tools">
          <select aria-label="Time" value={within()} onChange={e => setWithin(e.currentTarget.value)}>
            <For each={spans}>{s => <option value={s.id}>{s.label}</option>}</For>
          </select>
          <select aria-label="Order" value={order()} onChange={e => setOrder(e.currentTarget.value as "newest" | "rank")}>
            <option value="newest">Newest first</option>
            <option value="rank">Best match first</option>
          </select>
        </div>
      </Show>
      <div class="scroll feed-scroll" ref={scroller} onScroll={onScroll} data-stale={searching() && (busy() || !model.connected())}>
        <Show when={!searching()}>
          <For each={model.speaking()}>{e => <p class="speaking"><span class="row-label">speaking</span><span dir="auto">{String(e.text)}</span></p>}</For>
        </Show>
        <Show when={!searching() && model.backlogError() && model.connected()}>
          <p class="note" data-kind="warn">What was before is not here: {model.backlogError()}.</p>
        </Show>
        <Show when={searching() && error()}><p class="note" data-kind="warn">The search did not work: {error()}.</p></Show>
        <Show when={searching() && !model.connected()}><p class="note">The search runs as soon as the connection is back.</p></Show>
        <ol class="rows">
          <Show when={searching()} fallback={<For each={visible()}>{e => <Row event={e} onOpen={model.setOpen} />}</For>}>
            <For each={hits()}>{h => <Row event={h.event} snippet={h.snippet} onOpen={model.setOpen} />}</For>
          </Show>
        </ol>
        <Switch>
          <Match when={searching() && next()}>
            <button type="button" class="more" disabled={busy() || !model.connected()} onClick={() => void search(next())}>{busy() ? "Loading…" : "Load more"}</button>
          </Match>
          <Match when={searching() && !busy() && !error() && model.connected() && hits().length === 0}>
            <div class="empty"><strong>Nothing found.</strong> Every word must be there, in any order. "Quotes" find a phrase, a star* finds beginnings.</div>
          </Match>
          <Match when={!searching() && rows().length === 0 && !model.known()}>
            <div class="empty">{model.status().state === "lost" ? "Waiting for Landale…" : "Connecting…"}</div>
          </Match>
          <Match when={!searching() && rows().length === 0 && filterID() !== "all"}>
            <div class="empty"><strong>No {filter().label.toLowerCase()} yet.</strong> The filter hides everything else.</div>
          </Match>
          <Match when={!searching() && rows().length === 0}>
            <div class="empty"><strong>Quiet so far.</strong> What happens on Twitch, in OBS and at the microphone stands here the moment it happens.
              <Show when={waiting().length > 0}>
                <p>Still to come:</p>
                <ul class="todo"><For each={waiting()}>{p => <li><b>{p.name}</b> {p.reason}</li>}</For></ul>
              </Show>
            </div>
          </Match>
        </Switch>
      </div>
    </Panel>
  )
}
