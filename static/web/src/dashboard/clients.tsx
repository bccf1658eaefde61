// The pages and programs that are connected.

import { createMemo, For, Show, type JSX } from "solid-js"
import { many } from "./describe.ts"
import { useModel } from "./model.ts"
import { Panel } from "./panel.tsx"
import { parse, span, wholeTime } from "./time.ts"

export function Clients(): JSX.Element {
  const model = useModel()
  const sorted = createMemo(() => [...model.state.clients].sort((a, b) => (a.page || "~").localeCompare(b.page || "~") || parse(a.connected_at) - parse(b.connected_at)))
  return (
    <Panel name="clients" title="Pages" note={model.known() ? many(sorted().length, "connected", "connected") : undefined}>
      <div class="scroll" data-stale={!model.connected()}>
        <ul class="clients">
          <For each={sorted()}>
            {c => (
              <li class="client" title={`${c.id} · ${c.address}\n${(c.topics ?? []).join("\n")}`}>
                <span class="client-page"><bdi>{c.page || "unnamed"}</bdi> <bdi class="client-env quiet">{c.environment}</bdi></span>
                <span class="client-flags">
                  <Show when={c.drops > 0}><span class="flag" data-flag="drops">{c.drops} lost</span></Show>
                  <Show when={c.outdated}><span class="flag" data-flag="outdated">outdated</span></Show>
                </span>
                <span class="client-latency">{c.latency_ms === null || c.latency_ms === undefined ? "–" : `${c.latency_ms < 10 ? c.latency_ms.toFixed(1) : Math.round(c.latency_ms)} ms`}</span>
                <time class="client-since quiet" title={wholeTime(parse(c.connected_at))}>{span(model.now() - parse(c.connected_at))}</time>
              </li>
            )}
          </For>
        </ul>
        <Show when={sorted().length === 0}><div class="empty">{model.known() ? "No page is connected." : "Connecting…"}</div></Show>
      </div>
    </Panel>
  )
}
