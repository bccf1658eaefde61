// What every overlay page has in common: the query parameters, the hooks on the root element, the connection.

import { openWire } from "../wire/page.ts"
import type { Wire } from "../wire/socket.ts"
import "../styles/overlay.css"

export interface Overlay {
  wire: Wire
  /** The value of ?debug, "" when it is not asked for. */
  debug: string
}

/** Starts an overlay page; busy tells whether a reload would cut something off that viewers see. */
export function startOverlay(page: string, busy: () => boolean): Overlay {
  const query = new URLSearchParams(location.search)
  const given = query.get("debug")
  const debug = given === null || given === "false" ? "" : given || "true"
  const root = document.documentElement
  root.dataset.page = page
  root.dataset.connected = "false"
  if (debug) root.dataset.debug = debug
  const show = query.get("show")
  if (show) root.dataset.show = show
  const background = query.get("bg")
  if (background && /^#?[0-9a-f]{3,8}$/i.test(background)) {
    root.style.setProperty("--page-background", background.startsWith("#") ? background : "#" + background)
  }
  const scale = Number(query.get("scale"))
  if (scale > 0 && scale <= 10) root.style.setProperty("zoom", String(scale))

  const wire = openWire(page, busy)
  wire.onStatus(status => { root.dataset.connected = String(status.state === "connected") })
  return { wire, debug }
}
