// The dashboard: panels side by side, or one at a time where there is no room; the status bar below; details over it.

import { createSignal, For, onCleanup, Show, type JSX } from "solid-js"
import { Chart } from "./chart.tsx"
import { Clients } from "./clients.tsx"
import { Config } from "./config.tsx"
import { Drawer } from "./drawer.tsx"
import { Feed } from "./feed.tsx"
import { Log } from "./log.tsx"
import { useModel } from "./model.ts"
import { panels, type PanelID } from "./panel.tsx"
import { Parts } from "./parts.tsx"
import { remembered } from "./remember.ts"
import { Speech } from "./speech.tsx"
import { StatusBar } from "./status-bar.tsx"
import { span } from "./time.ts"

const keys: [string, string][] = [
  ["/", "search"],
  ["j k", "next and previous event"],
  ["Enter", "details of the event"],
  ["p", "hold the feed, let it go on"],
  ["1 – 7", "feed, speech, activity, parts, pages, config, log"],
  ["Esc", "close what is open, clear the search"],
  ["?", "this list"],
]

function Help(props: { onClose: () => void }): JSX.Element {
  return (
    <div class="help-back" onClick={e => e.target === e.currentTarget && props.onClose()}>
      <div class="help" role="dialog" aria-label="Keys" tabindex={-1} ref={e => queueMicrotask(() => e.focus())}>
        <header class="panel-head"><h2>Keys</h2><div class="panel-tools"><button type="button" class="close" aria-label="Close" onClick={props.onClose}>×</button></div></header>
        <dl><For each={keys}>{([key, what]) => <><dt><For each={key.split(" ")}>{k => (k === "–" ? "–" : <kbd>{k}</kbd>)}</For></dt><dd>{what}</dd></>}</For></dl>
      </div>
    </div>
  )
}

export function App(): JSX.Element {
  const model = useModel()
  const [view, setView] = remembered<PanelID>("view", "feed", panels.map(p => p.id))
  const [help, setHelp] = createSignal(false)

  const go = (id: PanelID) => {
    setView(id)
    document.querySelector<HTMLElement>(`[data-panel="${id}"]`)?.focus({ preventScroll: true })
  }
  const onKey = (e: KeyboardEvent) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return
    const typing = (e.target as Element).matches?.("input, select, textarea")
    if (e.key === "Escape") {
      if (help()) setHelp(false)
      else if (model.open()) model.setOpen(null)
      else if (typing) (e.target as HTMLElement).blur()
      return
    }
    if (typing) return
    if (e.key === "?") setHelp(h => !h)
    const panel = panels[Number(e.key) - 1]
    if (panel) go(panel.id)
  }
  const onView = (e: Event) => setView((e as CustomEvent<PanelID>).detail)
  window.addEventListener("keydown", onKey)
  window.addEventListener("landale:view", onView)
  onCleanup(() => {
    window.removeEventListener("keydown", onKey)
    window.removeEventListener("landale:view", onView)
  })

  const alert = (id: PanelID): string | undefined => {
    if (id === "parts" && model.state.parts.some(p => p.state === "failed")) return "failed"
    if (id === "parts" && model.state.parts.some(p => p.state === "degraded")) return "degraded"
    if (id === "config" && model.state.problems.length > 0) return "failed"
    if (id === "clients" && model.state.clients.some(c => c.outdated)) return "degraded"
    return undefined
  }
  return (
    <div class="app" data-view={view()} data-connected={model.connected()}>
      <Show when={model.away()}>
        <div class="banner" role="alert">
          <strong>{model.status().state === "lost" ? "Landale is not answering." : "Looking for Landale."}</strong>{" "}
          {model.status().state === "lost"
            ? `Trying again since ${span(model.now() - model.status().since)}. What you typed stays; commands are off until it is back.`
            : "This page goes on trying; start Landale and it comes alive by itself."}
        </div>
      </Show>
      <main class="panels">
        <Feed />
        <Speech viewed={view() === "speech"} />
        <Chart />
        <Parts />
        <Clients />
        <Config />
        <Log />
      </main>
      <nav class="tabs" aria-label="Panels">
        <For each={panels}>
          {p => <button type="button" class="tab" aria-current={view() === p.id ? "page" : undefined} data-alert={alert(p.id)} onClick={() => setView(p.id)}>{p.label}</button>}
        </For>
      </nav>
      <StatusBar onHelp={() => setHelp(true)} />
      <Drawer />
      <Show when={help()}><Help onClose={() => setHelp(false)} /></Show>
    </div>
  )
}
