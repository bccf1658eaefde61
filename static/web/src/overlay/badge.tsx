// The state of the connection, for ?debug. Viewers never see it.

import { createEffect, createSignal, on, onCleanup, onMount, Show } from "solid-js"
import { render } from "solid-js/web"
import * as motion from "../motion.ts"
import type { Wire, WireStatus } from "../wire/socket.ts"

const words = { connecting: "Connecting", connected: "Connected", lost: "Disconnected" }

function Badge(props: { wire: Wire }) {
  const [status, setStatus] = createSignal<WireStatus>(props.wire.status)
  onCleanup(props.wire.onStatus(setStatus))
  let badge!: HTMLDivElement
  let dot!: HTMLSpanElement
  onMount(() => {
    motion.set(badge, { opacity: 0, y: 24 })
    motion.to(badge, { opacity: 1, y: 0 })
  })
  onCleanup(() => motion.cancel(badge))
  createEffect(on(() => status().state, () => {
    motion.settle(dot)
    motion.timeline([dot, { scale: 1.5, duration: 0.1 }], [dot, { scale: 1, duration: 0.2 }])
  }, { defer: true }))
  const note = () => {
    const s = status()
    if (s.state !== "connected") return s.attempts > 0 ? `attempt ${s.attempts}` : ""
    return s.latency ? `${s.latency.last} ms` : ""
  }
  return (
    <div class="badge" data-content="connection" data-state={status().state} ref={badge}>
      <span class="badge-dot" ref={dot} />
      {words[status().state]}
      <Show when={note()}>{text => <span class="badge-note">{text()}</span>}</Show>
    </div>
  )
}

/** Shows the badge in the corner of the page, in an element of its own. */
export function showBadge(wire: Wire): void {
  render(() => <Badge wire={wire} />, document.body.appendChild(document.createElement("div")))
}
