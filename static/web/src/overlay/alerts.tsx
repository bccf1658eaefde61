// The page at /overlay/alerts: alerts over any scene, and their sounds. Of several such pages one plays, by the program's
// choice; the others show the same in silence.

import { createEffect, createRoot } from "solid-js"
import { render } from "solid-js/web"
import { AlertView } from "../content/alert.tsx"
import { TrainView } from "../content/card.tsx"
import type { Item } from "../screen/item.ts"
import { Layer } from "../screen/layer.tsx"
import { Screen } from "../screen/screen.ts"
import { dressOverlay } from "./dress.ts"
import { startOverlay } from "./page.ts"
import { builtinSounds, SoundBoard } from "./sound.ts"
import "../styles/fonts.css"
import "../styles/screen.css"
import "../styles/alerts.css"

/** A sound belongs to the beginning of its alert: one that goes on after an interruption or a reload is silent. */
const beginningMS = 1_500

const overlay = startOverlay("alerts", () => screen.orchestrator.busy)
const sounds = new SoundBoard()

const fromItsBeginning = (item: Item) =>
  item.duration === undefined || item.remaining === undefined || (item.duration - item.remaining < beginningMS &&
    (typeof item.started_at !== "number" || Date.now() - screen.aheadMS - item.started_at < beginningMS))

const screen: Screen = new Screen(overlay.wire, {
  layers: ["foreground", "midground"],
  // Celebrations belong to the omnibar; without one they are played here.
  draws: (item, layer) => layer === "foreground" || item.player_page === "alerts" || (item.player_page === undefined && screen.plays(item)),
  played: item => {
    if (item.sound && fromItsBeginning(item)) sounds.play(item.id, item.sound, item.volume ?? 1)
  },
})

sounds.preload(builtinSounds)
createRoot(() => createEffect(() => sounds.silence(screen.muted())))
screen.orchestrator.onChange((_layer, view) => {
  if (view.state === "exiting" && view.item) sounds.stop(view.item.id)
})

dressOverlay(overlay, screen, sounds)
render(
  () => (["midground", "foreground"] as const).map(name => (
    <Layer screen={screen} name={name}>{item => item().type === "sub_train" ? <TrainView item={item()} /> : <AlertView item={item()} />}</Layer>
  )),
  document.getElementById("root")!,
)
