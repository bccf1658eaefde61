// The dashboard at /. Its first paint is the dashboard itself, connecting.

import { render } from "solid-js/web"
import { openWire } from "../wire/page.ts"
import { App } from "./app.tsx"
import { createModel, ModelContext } from "./model.ts"
import "../styles/dashboard.css"

// Somebody who types, or reads details, is not interrupted by a reload.
function busy(): boolean {
  const active = document.activeElement
  return document.querySelector("[role=dialog]") !== null || (active instanceof HTMLInputElement && active.value !== "")
}

const wire = openWire("dashboard", busy)

render(() => (
  <ModelContext.Provider value={createModel(wire)}>
    <App />
  </ModelContext.Provider>
), document.getElementById("root")!)
