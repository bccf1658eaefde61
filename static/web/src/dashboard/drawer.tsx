// The details of one event: its JSON, the chain that it belongs to, what happened around it.

import { createEffect, createMemo, createSignal, For, Match, on, onCleanup, onMount, Show, Switch, type JSX } from "solid-js"
import { get } from "../wire/api.ts"
import type { AnyEvent, Page } from "../wire/events.ts"
import { toClipboard } from "./clipboard.ts"
import { describe } from "./describe.ts"
import { useModel } from "./model.ts"
import { remembered } from "./remember.ts"
import { Row } from "./row.tsx"
import { parse, wholeTime } from "./time.ts"

const views = ["data", "chain", "around"] as const
const names = { data: "Data", chain: "Chain", around: "± 30 s" }
/** Going through the feed with the keys must not ask for each event on the way. */
const settleMS = 150

/** Pretty JSON with names, texts and numbers apart; everything is text nodes. */
function Json(props: { value: unknown }): JSX.Element {
  const pieces = createMemo(() => JSON.stringify(props.value, null, 2).split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|-?\d[\d.eE+-]*|true|false|null)/))
  const kind = (p: string) => (p.startsWith('"') ? (p.endsWith(":") ? "name" : "text") : /^(-?\d|true|false|null)/.test(p) ? "value" : undefined)
  return <pre class="json"><For each={pieces()}>{p => (kind(p) ? <span data-json={kind(p)}>{p}</span> : <>{p}</>)}</For></pre>
}

export function Drawer(): JSX.Element {
  const model = useModel()
  return <Show when={model.open()}>{event => <Details event={event()} />}</Show>
}

function Details(props: { event: AnyEvent }): JSX.Element {
  const model = useModel()
  const [view, setView] = remembered<(typeof views)[number]>("drawer.view", "data", views)
  const [events, setEvents] = createSignal<AnyEvent[]>([])
  const [note, setNote] = createSignal("")
  const [copied, setCopied] = createSignal("")
  let panel!: HTMLElement
  const before = document.activeElement as HTMLElement | null
  onMount(() => panel.focus({ preventScroll: true }))
  onCleanup(() => before?.isConnected && before.focus({ preventScroll: true }))

  createEffect(on(() => [props.event.id, view(), model.connected()] as const, ([id, which, connected]) => {
    setCopied("")
    if (which === "data") return
    setEvents([])
    if (!connected) return void setNote("Shown when the connection is back.")
    setNote("Loading…")
    const abort = new AbortController()
    const timer = setTimeout(async () => {
      try {
        const path = `/api/events/${encodeURIComponent(id)}/${which}`
        const answer = await get<Page>(path, which === "around" ? { seconds: 30 } : {}, abort.signal)
        setEvents(answer.hits.map(h => h.event))
        setNote("")
      } catch (e) {
        if (!abort.signal.aborted) setNote((e as Error).message)
      }
    }, settleMS)
    onCleanup(() => {
      clearTimeout(timer)
      abort.abort()
    })
  }))
  const copy = async () => setCopied((await toClipboard(JSON.stringify(props.event, null, 2))) ? "Copied" : "Not allowed")
  return (
    <aside class="drawer" role="dialog" aria-label="Event" tabindex={-1} ref={panel} data-tone={describe(props.event).tone}>
      <header class="drawer-head">
        <div>
          <h2>{props.event.type}</h2>
          <p class="quiet">{wholeTime(parse(props.event.timestamp))}</p>
        </div>
        <button type="button" class="close" aria-label="Close" title="Close (Esc)" onClick={() => model.setOpen(null)}>×</button>
      </header>
      <ul class="rows drawer-row"><Row event={props.event} onOpen={() => {}} /></ul>
      <div class="drawer-tools">
        <div class="segments" role="group" aria-label="Details">
          <For each={views}>{v => <button type="button" class="segment" aria-pressed={view() === v} onClick={() => setView(v)}>{names[v]}</button>}</For>
        </div>
        <button type="button" class="small" onClick={() => void copy()}>{copied() || "Copy JSON"}</button>
      </div>
      <div class="scroll">
        <Switch>
          <Match when={view() === "data"}><Json value={props.event} /></Match>
          <Match when={view() !== "data"}>
            <Show when={note()}><p class="note">{note()}</p></Show>
            <ol class="rows"><For each={events()}>{e => <Row event={e} current={e.id === props.event.id} onOpen={model.setOpen} />}</For></ol>
            <Show when={!note() && events().length <= 1}>
              <div class="empty">{view() === "chain" ? "Nothing caused it, and nothing followed from it." : "Nothing else happened around it."}</div>
            </Show>
          </Match>
        </Switch>
      </div>
    </aside>
  )
}
