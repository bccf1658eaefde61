// The page at /overlay/show: the frame that other sources sit in, by the show that is on or that ?show names. Where a
// camera or a game belongs, the page has a hole.

import { createMemo, createRoot, createSignal, For, Match, Show, Switch } from "solid-js"
import { render } from "solid-js/web"
import { Figure } from "../content/card.tsx"
import { figure, number, percent, text } from "../content/words.ts"
import { get } from "../wire/api.ts"
import type { AnyEvent } from "../wire/events.ts"
import { Screen } from "../screen/screen.ts"
import { dressOverlay } from "./dress.ts"
import { startOverlay } from "./page.ts"
import "../styles/fonts.css"
import "../styles/screen.css"
import "../styles/show.css"

/** The checkpoints of FireRed and LeafGreen, in order. */
const checkpoints = [
  "LAB", "RIVAL1", "FIRSTTRAINER", "RIVAL2", "BROCK", "RIVAL3", "RIVAL4", "MISTY", "SURGE", "RIVAL5", "ROCKETHIDEOUT", "ERIKA",
  "KOGA", "RIVAL6", "SILPHCO", "SABRINA", "BLAINE", "GIOVANNI", "RIVAL7", "LORELAI", "BRUNO", "AGATHA", "LANCE", "CHAMP",
]

const overlay = startOverlay("show", () => false)
const screen = new Screen(overlay.wire)
const forced = new URLSearchParams(location.search).get("show")
const id = () => forced || screen.show()?.id || "variety"

const [seed, setSeed] = createSignal<number>()
const [reached, setReached] = createSignal("")

function hear(events: readonly AnyEvent[]): void {
  for (const e of events) {
    if (e.type === "ironmon.seed") {
      setSeed(number(e["seed_count"]))
      setReached("")
    }
    if (e.type === "ironmon.checkpoint") {
      setReached(text(e["checkpoint_name"]))
      if (number(e["seed_count"]) !== undefined) setSeed(number(e["seed_count"]))
    }
  }
}

// The run that goes on began before this page.
let asked = false
function follow(): void {
  if (asked) return
  asked = true
  overlay.wire.join("events:ironmon", {
    events: hear,
    joined: ({ resumed }) => {
      if (resumed) return
      void get<{ hits: { event: AnyEvent }[] }>("/api/events", { type: ["ironmon.seed", "ironmon.checkpoint"], order: "newest", limit: 30 })
        .then(({ hits }) => hear(hits.map(h => h.event).reverse()))
        .catch(() => {}) // it begins with what comes
    },
  })
}

/** The newest figures of the run, as the ticker's card has them; kept while other cards are on. */
const run = createRoot(() => createMemo<Record<string, unknown> | undefined>(last => {
  const card = screen.layers()?.background
  return card?.type === "ironmon_run_stats" || card?.type === "ironmon_progression" ? card.data : last
}))

function Title() {
  const show = () => screen.show()
  return (
    <footer class="foot">
      <p class="foot-show">{show()?.category_name || show()?.name}</p>
      <p class="foot-title" dir="auto">{show()?.title}</p>
    </footer>
  )
}

function IronMON() {
  follow()
  const at = createMemo(() => checkpoints.indexOf(reached().toUpperCase().replaceAll(/[^A-Z0-9]/g, "")))
  const rate = () => percent(run()?.["clear_rate_percentage"] ?? run()?.["clear_rate"])
  return (
    <>
      <aside class="side">
        <div class="well" />
        <dl class="stats">
          <Show when={at() >= 0}><div><dt>Last cleared</dt><dd>{reached()}</dd></div></Show>
          <Show when={text(run()?.["current_checkpoint"])}>{next => <div><dt>Next</dt><dd>{next()}</dd></div>}</Show>
          <Show when={rate()}><div><dt>Clear rate</dt><dd>{rate()}</dd></div></Show>
          <Show when={number(run()?.["last_cleared_seed"])}>{n => <div><dt>Last got there</dt><dd>#{figure(n())}</dd></div>}</Show>
        </dl>
        <ol class="way" aria-label="checkpoints">
          <For each={checkpoints}>{(name, i) => <li data-reached={String(i() <= at())} data-current={String(i() === at())} title={name} />}</For>
        </ol>
      </aside>
      <Show when={seed() !== undefined}>
        <p class="seed">Seed <Figure value={figure(seed())} /></p>
      </Show>
    </>
  )
}

dressOverlay(overlay, screen)
render(() => (
  <Switch fallback={<><div class="rail" /><Title /></>}>
    <Match when={id() === "ironmon"}><IronMON /><Title /></Match>
    <Match when={id() === "coding"}><div class="rail" /><Title /></Match>
  </Switch>
), document.getElementById("root")!)
