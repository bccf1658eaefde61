// The page at /overlay/omnibar: the three layers, one above the other at the bottom of the picture. A higher one sends
// those below a step back.

import { createSignal, Match, Show, Switch, type Accessor } from "solid-js"
import { render } from "solid-js/web"
import { AlertView } from "../content/alert.tsx"
import { CardView, TrainView } from "../content/card.tsx"
import { number, text } from "../content/words.ts"
import { layers, type Item } from "../screen/item.ts"
import { Layer } from "../screen/layer.tsx"
import { Screen } from "../screen/screen.ts"
import { EmoteNames } from "./emote-names.ts"
import { dressOverlay } from "./dress.ts"
import { startOverlay } from "./page.ts"
import "../styles/fonts.css"
import "../styles/screen.css"
import "../styles/omnibar.css"

const overlay = startOverlay("omnibar", () => ["foreground", "midground"].some(l => screen.orchestrator.view(l as "foreground").item?.kind === "alert"))

// What was counted since the card came: the program sends figures with the card, and each use of an emote as it happens.
const [counted, setCounted] = createSignal<{ id: string; emotes: Record<string, number>; goals?: Record<string, unknown> }>({ id: "", emotes: {} })

const screen = new Screen(overlay.wire, {
  layers,
  pushes: {
    content_update: p => {
      const card = screen.orchestrator.view("background").item
      if (!card || typeof p?.data !== "object" || !p.data) return
      const was = counted().id === card.id ? counted() : { id: card.id, emotes: {} }
      if (p.type === "goals_update" && card.type === "stream_goals") setCounted({ ...was, goals: p.data })
      if (p.type !== "emote_increment" || card.type !== "emote_stats") return
      const emotes: Record<string, number> = { ...was.emotes }
      for (const name of [...(p.data.emotes ?? []), ...(p.data.native_emotes ?? [])]) {
        if (typeof name === "string") emotes[name] = (emotes[name] ?? 0) + 1
      }
      setCounted({ ...was, emotes })
    },
  },
})

/** The card with what was counted since. */
function fresh(item: Item): Item {
  const since = counted()
  if (since.id !== item.id) return item
  if (since.goals) return { ...item, data: { ...item.data, ...since.goals } }
  const top = item.data["top_today"]
  if (!Array.isArray(top) || Object.keys(since.emotes).length === 0) return item
  const counts = top.map(e => ({ ...e, count: (number(e?.count) ?? 0) + (since.emotes[text(e?.emote)] ?? 0) }))
  return { ...item, data: { ...item.data, top_today: counts } }
}

const [known, setKnown] = createSignal(0)
const names = new EmoteNames(() => setKnown(n => n + 1))
const emote = (name: string) => (known(), names.find(name)?.src)

// An alert that the page of alerts plays is not shown twice: here it only sends the lower layers back.
const elsewhere = (item: Item) => (item.player_page ? item.player_page !== "omnibar" : item.layer === "foreground" && screen.elsewhere(item))

function Content(props: { item: Accessor<Item>; layer: string }) {
  return (
    <Switch fallback={<Show when={!elsewhere(props.item())}><AlertView item={props.item()} /></Show>}>
      <Match when={props.item().type === "sub_train"}><TrainView item={props.item()} /></Match>
      <Match when={props.layer === "background"}><CardView item={fresh(props.item())} emote={emote} /></Match>
    </Switch>
  )
}

dressOverlay(overlay, screen)
render(() => [...layers].reverse().map(name => <Layer screen={screen} name={name}>{item => <Content item={item} layer={name} />}</Layer>), document.getElementById("root")!)
