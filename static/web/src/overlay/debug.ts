// window.debug: the tools for a page that misbehaves, on the page's own connection, layers and sounds. What is simulated
// goes to the program and comes back the way of every event, flagged test.

import { layers, type Item, type LayerName } from "../screen/item.ts"
import type { Screen } from "../screen/screen.ts"
import type { WireStatus } from "../wire/socket.ts"
import * as motion from "../motion.ts"
import type { Overlay } from "./page.ts"
import type { SoundBoard } from "./sound.ts"

interface Told {
  at: string
  topic: string
  event: string
  payload: unknown
}

const tapeLength = 100

type Fields = Record<string, unknown>

export function startDebug({ wire, debug: asked }: Overlay, screen: Screen, sounds?: SoundBoard): void {
  const tape: Told[] = []
  let printing = false
  wire.inspect((topic, event, payload) => {
    const told = { at: new Date().toISOString(), topic, event, payload }
    tape.push(told)
    if (tape.length > tapeLength) tape.shift()
    if (printing) console.log(told.topic, told.event, told.payload)
  })

  const layer = (name: unknown): LayerName => {
    if (!layers.includes(name as LayerName)) throw new Error(`a layer is one of ${layers.join(", ")}`)
    return name as LayerName
  }
  const push = (command: string, payload: object = {}) => screen.subscription.push(command, payload)
  const send = (type: string, data: Fields = {}) => push("simulate", { type, data })
  const given = (fields: Fields) => Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined))
  let placed = 0

  const socket = {
    getState: (): WireStatus => wire.status,
    getMetrics: () => ({ ...wire.status, correlation: wire.correlationID, kept: tape.length }),
    reconnect: () => {
      wire.disconnect()
      wire.connect()
    },
    disconnect: () => wire.disconnect(),
    connect: () => wire.connect(),
    inspect: (on = true) => (printing = on),
    messages: (filter = "") => tape.filter(m => `${m.topic} ${m.event}`.includes(filter)),
    export: () => JSON.stringify(tape),
  }
  const onLayers = {
    /** Shows something on this page alone, until the program's next word on the layer. */
    show: (name: LayerName, content: Partial<Item> & { type: string }) => {
      const item: Item = { id: `debug-${++placed}`, kind: "debug", flags: ["test"], ...content, data: content.data ?? {} }
      screen.place(layer(name), item)
      return item.id
    },
    hide: (name: LayerName) => screen.place(layer(name), null),
    clear: () => layers.forEach(name => screen.place(name, null)),
    restore: () => screen.restore(),
    getState: () => Object.fromEntries(layers.map(name => [name, screen.orchestrator.view(name)])),
    interrupt: (name: LayerName, on = true) => screen.orchestrator.hold(layer(name), on),
    freeze: (on = true) => motion.freeze(on),
  }
  const simulate = {
    follow: (user?: string) => send("channel.follow", given({ user })),
    sub: (user?: string, months = 1, tier?: number) => months > 1
      ? send("channel.subscription.message", given({ user, months, tier }))
      : send("channel.subscribe", given({ user, tier })),
    gift: (user?: string, total = 1, anonymous?: boolean) => send("channel.subscription.gift", given({ user, total, is_anonymous: anonymous })),
    cheer: (user?: string, bits = 100) => send("channel.cheer", given({ user, bits })),
    raid: (user?: string, viewers = 42) => send("channel.raid", given({ user, viewers })),
    redemption: (user?: string, reward?: string) => send("channel.channel_points_custom_reward_redemption.add", given({ user, reward })),
    checkpoint: (name?: string) => send("ironmon.checkpoint", given({ checkpoint_name: name })),
    death: (pokemon = "Rattata", level = 5) => push("force_content", { type: "death_alert", data: { pokemon, level }, duration: 8_000 }),
    caption: (said?: string) => send("transcription.final", given({ text: said })),
    song: () => send("rainwave.song_changed"),
    emote: (id = "25", n = 20) => emoteBurst(id, n),
    burst: (n = 100, ms = 1_000) => push("burst", { type: "channel.follow", count: n, duration: ms }),
  }
  const emoteBurst = (id: string, n: number) => {
    const topic = wire.join("overlay:broadcast", {})
    return topic.push("emote_burst", { id, n }).finally(() => topic.leave())
  }
  const takeover = {
    show: (type = "custom", message = "", ms: number | null = 10_000) => push("takeover", { type, message, duration: ms }),
    clear: () => push("takeover_clear"),
  }
  const stream = {
    getState: () => ({ ...screen.document }),
    sendEvent: send,
    setShow: (id: string) => push("set_show", { id }),
  }
  const audio = sounds && {
    volume: (value?: number) => sounds.volume(value),
    mute: (on = true) => sounds.mute(on),
    test: (name = "follow") => sounds.play("debug", name),
    status: () => sounds.status,
  }
  const perf = () => ({
    motions: motion.count(),
    elements: document.querySelectorAll("*").length,
    heapMB: Math.round(((performance as any).memory?.usedJSHeapSize ?? 0) / 1e5) / 10,
  })
  const inspect = () => ({
    page: document.documentElement.dataset, socket: wire.status, layers: onLayers.getState(), audio: sounds?.status, perf: perf(),
    window: { width: innerWidth, height: innerHeight, ratio: devicePixelRatio }, agent: navigator.userAgent,
    obs: (window as any).obsstudio?.pluginVersion,
  })
  const groups = { socket, layers: onLayers, simulate, takeover, stream, ...(audio ? { audio } : {}) }
  const help = () => Object.entries(groups).map(([name, group]) => `debug.${name}: ${Object.keys(group).join(", ")}`).concat("debug: inspect, perf, help").join("\n")

  Object.assign(window, {
    debug: {
      ...groups, inspect, perf, help,
      showLayer: onLayers.show, hideLayer: onLayers.hide,
      burst: { stress: (ms = 10_000) => push("burst", { type: "channel.follow", count: Math.round(ms / 5), duration: ms }) },
      system: { getMemoryUsage: () => perf().heapMB },
    },
  })

  if (asked === "events") showTape(wire.inspect.bind(wire))
  if (asked === "perf") showMeter()
  // ?debug=raid simulates one as soon as the page knows what is on.
  const once = (simulate as Record<string, (() => unknown) | undefined>)[asked]
  if (once && screen.subscription.joined) void once()
  else if (once) setTimeout(() => void once(), 1_000)
}

function panel(): HTMLPreElement {
  const pre = document.createElement("pre")
  pre.className = "debug-panel"
  pre.style.cssText = "position:fixed;top:12px;right:12px;z-index:10000;margin:0;padding:12px;max-width:600px;background:rgb(13 10 17/88%);color:#efefef;font:12px/18px ui-monospace,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;border-radius:12px"
  document.body.append(pre)
  return pre
}

function showTape(inspect: (f: (topic: string, event: string, payload: unknown) => void) => void): void {
  const pre = panel()
  const lines: string[] = []
  inspect((topic, event, payload) => {
    lines.push(`${new Date().toLocaleTimeString()} ${topic} ${event} ${(JSON.stringify(payload) ?? "").slice(0, 120)}`)
    if (lines.length > 20) lines.shift()
    pre.textContent = lines.join("\n")
  })
}

function showMeter(): void {
  const pre = panel()
  let frames = 0
  let longest = 0
  let last = performance.now()
  const count = (now: number) => {
    frames++
    longest = Math.max(longest, now - last)
    last = now
    requestAnimationFrame(count)
  }
  requestAnimationFrame(count)
  setInterval(() => {
    pre.textContent = `${frames} fps · longest ${longest.toFixed(0)} ms · ${motion.count()} motions`
    frames = longest = 0
  }, 1_000)
}
