// What pages that follow the screen have in common: the hooks on the root element, the streamer's own files, the tools
// that ?debug asks for.

import { createEffect, createRoot } from "solid-js"
import { layerPriority, layers } from "../screen/item.ts"
import type { Screen } from "../screen/screen.ts"
import type { SoundBoard } from "./sound.ts"
import { watchCustom } from "./custom.ts"
import type { Overlay } from "./page.ts"

/** Keeps the root element's attributes and loads what belongs to every page of the screen. */
export function dressOverlay(overlay: Overlay, screen: Screen, sounds?: SoundBoard): void {
  const root = document.documentElement
  const forced = new URLSearchParams(location.search).get("show")
  createRoot(() => createEffect(() => {
    const show = forced || screen.show()?.id
    if (show) root.dataset.show = show
  }))
  createRoot(() => createEffect(() => { root.dataset.muted = String(screen.muted()) }))
  const priority = () => {
    const top = layers.find(l => ["entering", "active"].includes(screen.orchestrator.view(l).state))
    root.dataset.priority = top ? String(layerPriority[top]) : "0"
  }
  priority()
  screen.orchestrator.onChange(priority)
  watchCustom(screen)
  if (overlay.debug) void import("./badge.tsx").then(({ showBadge }) => showBadge(overlay.wire))
  if (overlay.debug || import.meta.env.DEV) {
    void import("./debug.ts").then(({ startDebug }) => startDebug(overlay, screen, sounds))
  }
}
