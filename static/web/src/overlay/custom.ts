// The streamer's own theme.css and overlay.js, from the folder custom/ of the data directory. The program says which of
// them there are, and names each by its content: nothing is asked for in vain. A changed style takes effect in place; a
// changed script needs a new page, which waits until nothing is on screen.

import { createEffect, createRoot } from "solid-js"
import type { Custom } from "../screen/item.ts"
import type { Screen } from "../screen/screen.ts"
import { wearTheme } from "./theme.ts"

export function watchCustom(screen: Screen): void {
  let theme: string | null = null
  let script: string | null = null
  const take = (custom: Custom | null) => {
    if (!custom) return
    if ((custom.theme ?? null) !== theme) {
      theme = custom.theme ?? null
      wearTheme(theme)
    }
    if ((custom.script ?? null) !== script) {
      if (script !== null) return reloadWhenIdle(screen)
      script = custom.script ?? null
      if (script !== null) run(script)
    }
  }
  createRoot(() => createEffect(() => take(screen.custom())))
  // What the script may listen to.
  screen.orchestrator.onChange((layer, view) => {
    document.dispatchEvent(new CustomEvent("landale:layer", { detail: { layer, state: view.state, item: view.item } }))
  })
}

function run(version: string): void {
  const tag = document.createElement("script")
  tag.type = "module"
  tag.dataset.custom = "script"
  tag.src = `/custom/overlay.js?v=${encodeURIComponent(version)}`
  document.head.append(tag)
}

const reloadCheckMS = 1_000

function reloadWhenIdle(screen: Screen): void {
  const alert = screen.orchestrator.view("foreground").item ?? screen.takeover()
  if (alert) setTimeout(() => reloadWhenIdle(screen), reloadCheckMS)
  else location.reload()
}
