// The bar at the bottom: the connection, the broadcast, the program.

import { Show, type JSX } from "solid-js"
import { useModel } from "./model.ts"
import { parse, running, span, wholeTime } from "./time.ts"

const words = { connecting: "Connecting", connected: "Connected", lost: "Not connected" }

export function StatusBar(props: { onHelp: () => void }): JSX.Element {
  const model = useModel()
  const latency = () => model.status().latency
  const version = () => model.state.telemetry.system?.version
  return (
    <footer class="status" data-state={model.status().state}>
      <span class="status-connection" role="status" title={latency() ? `round trip: median ${latency()!.p50} ms, 95 of 100 within ${latency()!.p95} ms, longest ${latency()!.max} ms` : undefined}>
        <span class="dot" />
        {words[model.status().state]}
        <Show when={model.connected() && latency()}>{l => <span class="quiet">{l().last} ms</span>}</Show>
        <Show when={!model.connected() && model.status().attempts > 1}><span class="quiet">attempt {model.status().attempts}</span></Show>
      </span>
      <Show when={model.live() !== undefined}>
        <Show when={model.live()} fallback={<span class="live" data-live="false">Offline</span>}>
          {stream => (
            <span class="live" data-live="true" title={`${stream().title}\nsince ${wholeTime(parse(stream().started_at))}`}>
              Live {running(model.now() - parse(stream().started_at))}
            </span>
          )}
        </Show>
      </Show>
      <Show when={model.stream.show?.name}>{show => <span class="status-show"><bdi>{show()}</bdi></span>}</Show>
      <span class="status-title quiet"><bdi>{model.live()?.title || model.stream.show?.title}</bdi></span>
      <Show when={model.status().outdated}>
        <button type="button" class="pill" onClick={() => location.reload()}>New version · reload</button>
      </Show>
      <Show when={!Number.isNaN(model.startedAt())}><span class="status-uptime quiet" title={wholeTime(model.startedAt())}>up {span(model.now() - model.startedAt())}</span></Show>
      <Show when={version()}>{v => <span class="status-version quiet">{v()}</span>}</Show>
      <button type="button" class="help-button" aria-label="Keys" title="Keys (?)" onClick={props.onHelp}>?</button>
    </footer>
  )
}
