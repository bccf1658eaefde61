// The page at /overlay/status: nothing, unless ?debug asks for the state of the connection.

import { showBadge } from "./badge.tsx"
import { startOverlay } from "./page.ts"

const { wire, debug } = startOverlay("status", () => false)
wire.join("stream:overlays", {})
if (debug) showBadge(wire)
