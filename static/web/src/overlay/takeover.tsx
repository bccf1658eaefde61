// The page at /overlay/takeover: covers the picture, every pixel of it, for as long as the program says; nothing else
// ever. What is shown is state: it is there again after a reload.

import { createEffect, createSignal, onCleanup, Show } from "solid-js"
import { render } from "solid-js/web"
import { text } from "../content/words.ts"
import * as motion from "../motion.ts"
import type { Takeover } from "../screen/item.ts"
import { Screen } from "../screen/screen.ts"
import { dressOverlay } from "./dress.ts"
import { startOverlay } from "./page.ts"
import "../styles/fonts.css"
import "../styles/screen.css"
import "../styles/takeover.css"

const overlay = startOverlay("takeover", () => screen.takeover() !== null)
const screen = new Screen(overlay.wire)

const defaults: Record<string, string> = {
  "technical-difficulties": "Technical difficulties – be right back!",
  "please-stand-by": "Stream will resume shortly",
  "screen-cover": "",
}

const known = (type: string) => (type in defaults || type === "custom" ? type : "custom")

function Cover() {
  // What covers stays until the cover is gone from the picture.
  const [shown, setShown] = createSignal<Takeover | null>(null)
  const [connected, setConnected] = createSignal(false)
  onCleanup(overlay.wire.onStatus(status => setConnected(status.state === "connected")))
  let element: HTMLElement | undefined
  let leaving: motion.Motion | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  const leave = () => {
    if (!element || leaving) return
    const going = motion.to(element, { opacity: 0, duration: 0.3, ease: "power2.in" })
    leaving = going
    void going.ended.then(reached => {
      if (!reached || leaving !== going) return
      leaving = null
      setShown(null)
    })
  }
  createEffect(() => {
    const now = screen.takeover()
    clearTimeout(timer)
    if (!now) return leave()
    if (typeof now.ends_at === "number") {
      // The program ends it; should it be away, the picture is not covered for ever.
      const rest = now.ends_at + screen.aheadMS - Date.now()
      timer = setTimeout(leave, Math.min(Math.max(0, rest) + 500, 2 ** 31 - 1))
      if (rest < -500) return leave()
    }
    leaving?.cancel()
    leaving = null
    setShown(now)
    if (element) motion.set(element, { opacity: 1 }) // covered at once, in the first frame
  })
  onCleanup(() => clearTimeout(timer))

  return (
    <Show when={shown() !== null}>
      <main class="takeover" ref={element} data-active="true" data-type={known(shown()?.type ?? "")} data-connected={String(connected())}>
        <div class="takeover-bars" aria-hidden="true"><i /><i /><i /><i /><i /><i /></div>
        <Show when={text(shown()?.message, defaults[shown()?.type ?? ""] ?? "")} keyed>
          {message => <h1 class="takeover-message" dir="auto" data-length={[...message].length > 60 ? "long" : "short"}>{message}</h1>}
        </Show>
      </main>
    </Show>
  )
}

dressOverlay(overlay, screen)
render(() => <Cover />, document.getElementById("root")!)
