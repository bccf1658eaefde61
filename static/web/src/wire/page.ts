// Makes the page's own connection from what the page knows about itself.

import { Wire, type Environment } from "./socket.ts"

const obs = "obsstudio" in window || navigator.userAgent.includes("OBS/")

/** Where this page runs. OBS shows overlays as browser sources and the dashboard in a dock. */
export function environment(page: string): Environment {
  if (import.meta.env.DEV) return "development"
  if (!obs) return "browser"
  return page === "dashboard" ? "dock" : "obs"
}

/** The name of the build that this page came from; empty in development. */
export function ownBuild(): string {
  const name = document.querySelector<HTMLMetaElement>('meta[name="landale-build"]')?.content ?? ""
  return name.startsWith("__") ? "" : name
}

/** Opens the one connection of this page. */
export function openWire(page: string, busy: () => boolean): Wire {
  const wire = new Wire({
    page,
    environment: environment(page),
    build: ownBuild(),
    busy,
    reload: () => location.reload(),
    memory: window.sessionStorage,
  })
  wire.connect()
  return wire
}
