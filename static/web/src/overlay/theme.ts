// How a page looks beyond itself: the show that is on, and the streamer's own theme.css.

import type { Custom } from "../screen/item.ts"
import type { Wire } from "../wire/socket.ts"
import { followState } from "../wire/state.ts"
import type { StreamState } from "../wire/types.ts"

/** Puts a version of the streamer's style on, null for none. The old one stays until the new one is there: no moment without. */
export function wearTheme(version: string | null, worn: () => void = () => {}): void {
  const old = document.querySelector("link[data-custom]")
  if (version === null) {
    old?.remove()
    return worn()
  }
  const link = document.createElement("link")
  link.rel = "stylesheet"
  link.dataset.custom = "theme"
  link.href = `/custom/theme.css?v=${encodeURIComponent(version)}`
  link.addEventListener("load", () => {
    old?.remove()
    worn()
  })
  document.head.append(link)
}

/** Keeps the look of a page that has no layers; changed is called when it is another one. ?show forces the show. */
export function followTheme(wire: Wire, changed: () => void): void {
  const forced = new URLSearchParams(location.search).has("show")
  const root = document.documentElement
  let theme: string | null = null
  followState<StreamState & { custom: Custom | null }>(wire, {
    topic: "stream:overlays", name: "stream", full: "stream_state",
    changed(members) {
      const show = members.show?.id
      if (show && !forced && root.dataset.show !== show) {
        root.dataset.show = show
        changed()
      }
      if (members.custom === undefined) return
      const next = members.custom?.theme ?? null
      if (next !== theme) wearTheme((theme = next), changed)
    },
  })
}
