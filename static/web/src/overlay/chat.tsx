// The page at /overlay/chat: what chat says, the newest at the bottom. What Twitch takes away is gone at once.

import { createSignal, For, Match, Show, Switch } from "solid-js"
import { render } from "solid-js/web"
import { after, type Line } from "../chat/lines.ts"
import { readable } from "../dashboard/colour.ts"
import { text } from "../content/words.ts"
import { get } from "../wire/api.ts"
import type { AnyEvent, Badge, Fragment } from "../wire/events.ts"
import { Screen } from "../screen/screen.ts"
import { dressOverlay } from "./dress.ts"
import { EmoteNames, twitchEmote } from "./emote-names.ts"
import { startOverlay } from "./page.ts"
import "../styles/fonts.css"
import "../styles/chat.css"

/** More do not fit on the page: a line is 60 px high at least, and some scenes have a tall box. */
const most = 40
/** Lines are drawn as they come, and in a flood so often. What is taken away is gone at once. */
const gatherMS = 100
/** A page that comes back shows what was said a moment ago. */
const pastMS = 600_000

const overlay = startOverlay("chat", () => false)
const screen = new Screen(overlay.wire)
const [lines, setLines] = createSignal<Line[]>([])
const [known, setKnown] = createSignal(0)
const names = new EmoteNames(() => setKnown(n => n + 1))

// A line may leave by itself: ?fade=30 is after so many seconds.
const fade = Number(new URLSearchParams(location.search).get("fade")) || 0

let gathered: AnyEvent[] = []
let gathering: ReturnType<typeof setTimeout> | undefined

function hear(events: readonly AnyEvent[]): void {
  gathered.push(...events)
  const urgent = events.some(e => e.type !== "channel.chat.message")
  if (gathering !== undefined && !urgent) return
  take(gathered)
  gathered = []
  gathering ??= setTimeout(() => {
    gathering = undefined
    if (gathered.length > 0) hear([])
  }, gatherMS)
}

function take(events: readonly AnyEvent[]): void {
  const before = lines()
  const now = events.reduce((all, e) => after(all, e, most), before)
  if (now === before) return
  document.documentElement.dataset.flood = String(events.length > 4)
  setLines(now)
  if (fade <= 0) return
  const fresh = new Set(now.filter(l => !before.includes(l)))
  if (fresh.size > 0) setTimeout(() => setLines(all => all.filter(l => !fresh.has(l))), fade * 1000)
}

const deleted: AnyEvent[] = []
overlay.wire.join("events:chat", {
  events: events => {
    // What is taken away while the past is being fetched must not come back with it.
    deleted.push(...events.filter(e => e.type !== "channel.chat.message").slice(-most))
    deleted.splice(0, deleted.length - most)
    hear(events)
  },
  joined: ({ resumed }) => {
    if (resumed) return
    void get<{ hits: { event: AnyEvent }[] }>("/api/events", { type: "channel.chat.*", order: "newest", limit: most, tests: true, from: Date.now() - pastMS })
      .then(({ hits }) => {
        const past = hits.map(h => h.event).reverse()
        const live = lines()
        const all = [...past, ...deleted].reduce((some, e) => after(some, e, most), [] as Line[])
        const ids = new Set(all.map(l => l.id))
        setLines([...all, ...live.filter(l => !ids.has(l.id))].slice(-most))
      })
      .catch(() => {}) // it begins with what comes
  },
})

const colours = ["#bbf4b0", "#928add", "#fff683", "#5be058", "#1cdaf4", "#ffdd33", "#b4cbd6", "#ff9d5c", "#ff86c8"]

function colourOf(line: Line): string {
  const own = readable(line.colour)
  if (own) return own
  let hash = 0
  for (const c of line.login || line.name) hash = (hash * 31 + c.codePointAt(0)!) >>> 0
  return colours[hash % colours.length]!
}

// Signs of the badges that mean something everywhere.
const badges: Record<string, [tone: string, path: string]> = {
  broadcaster: ["#ff5a4a", "M3 6h12v4l6-4v12l-6-4v4H3z"],
  lead_moderator: ["#5be058", "M21 2v6L11 18l2 2-2 2-4-4-4 4-2-2 4-4-4-4 2-2 2 2L15 2z"],
  moderator: ["#5be058", "M21 2v6L11 18l2 2-2 2-4-4-4 4-2-2 4-4-4-4 2-2 2 2L15 2z"],
  vip: ["#ff86c8", "M6 3h12l5 6-11 13L1 9z"],
  founder: ["#928add", "M12 1l3 7 8 1-6 5 2 8-7-4-7 4 2-8-6-5 8-1z"],
  subscriber: ["#928add", "M12 1l3 7 8 1-6 5 2 8-7-4-7 4 2-8-6-5 8-1z"],
  artist_badge: ["#1cdaf4", "M20 2l2 2-9 12-4-4zM8 13l3 3c0 4-4 6-9 5 3-2 2-7 6-8z"],
  partner: ["#1cdaf4", "M9 20L2 12l3-3 4 5L19 4l3 3z"],
  staff: ["#b4cbd6", "M14 2a6 6 0 0 1 8 8l-4-4-3 1-1 3 4 4a6 6 0 0 1-8-2L4 22l-3-3L11 9a6 6 0 0 1 3-7z"],
}

function BadgeView(props: { badge: Badge }) {
  return (
    <Show when={badges[props.badge.set_id.replaceAll("-", "_")]}>
      {sign => (
        <svg class="sign" viewBox="0 0 24 24" data-badge={props.badge.set_id} aria-label={props.badge.set_id}>
          <path fill={sign()[0]} d={sign()[1]} />
        </svg>
      )}
    </Show>
  )
}

/** An image that becomes its name when it cannot be had. */
function Emote(props: { src: string; name: string; over?: boolean }) {
  const [missing, setMissing] = createSignal(false)
  return (
    <Show when={!missing()} fallback={props.name}>
      <img class="emote" data-over={props.over ? "true" : undefined} src={props.src} alt={props.name} onError={() => setMissing(true)} />
    </Show>
  )
}

function Words(props: { text: string }) {
  const pieces = () => (known(), props.text.split(/(\s+)/).map(word => {
    const emote = /\S/.test(word) ? names.find(word) : undefined
    return emote ? <Emote src={emote.src} name={word} over={emote.zeroWidth} /> : word
  }))
  return <>{pieces()}</>
}

function Piece(props: { fragment: Fragment }) {
  const f = () => props.fragment
  return (
    <Switch fallback={<Words text={String(f().text ?? "")} />}>
      <Match when={f().type === "emote" && f().emote?.id}>{id => <Emote src={twitchEmote(id())} name={f().text} />}</Match>
      <Match when={f().type === "mention"}><bdi class="mention">{f().text}</bdi></Match>
      <Match when={f().type === "cheermote"}><b class="cheermote">{f().text}</b></Match>
    </Switch>
  )
}

function LineView(props: { line: Line }) {
  const l = props.line
  // Nothing but a few emotes is shown larger.
  const large = l.fragments.length <= 7 && l.fragments.every(f => f.type === "emote" || text(f.text) === "")
  return (
    <li class="line" data-event-id={l.event} data-message-id={l.id} data-user={l.login} data-kind={l.kind} data-action={String(l.action)} data-large={String(large)} style={{ "--name": colourOf(l) }}>
      <Show when={l.reply}>
        {reply => <p class="line-reply" dir="auto"><bdi>{reply().name}</bdi> {reply().body}</p>}
      </Show>
      <p class="line-name">
        <For each={l.badges.slice(0, 4)}>{badge => <BadgeView badge={badge} />}</For>
        <bdi>{l.name}</bdi>
      </p>
      <p class="line-text" dir="auto"><For each={l.fragments}>{f => <Piece fragment={f} />}</For></p>
    </li>
  )
}

dressOverlay(overlay, screen)
render(() => <ol class="chat" data-content="chat"><For each={lines()}>{line => <LineView line={line} />}</For></ol>, document.getElementById("root")!)
