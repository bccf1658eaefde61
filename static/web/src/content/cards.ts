// What a card of the ticker says, by its content type: a label and a row of entries. Never blank: a card that lacks what
// it is about says so quietly.

import type { Item } from "../screen/item.ts"
import type { IconName } from "./icons.tsx"
import { clock, figure, number, percent, plural, spoken, text, tier } from "./words.ts"

export interface Entry {
  /** What it is counted under: an entry whose figure changes bumps. */
  key: string
  icon?: IconName
  figure?: string
  text: string
  note?: string
  /** Of an emote: its picture, if there is one by this name. */
  emote?: string
  /** 0 to 1. */
  progress?: number
}

export interface Card {
  icon: IconName
  label: string
  entries: Entry[]
  /** A quiet sentence in place of entries. */
  quiet: string
}

type Data = Record<string, unknown>

const list = (value: unknown): Data[] => (Array.isArray(value) ? value.filter(v => v && typeof v === "object") : [])
const object = (value: unknown): Data | undefined => (value && typeof value === "object" && !Array.isArray(value) ? (value as Data) : undefined)

/** The icon and the words of one past event. */
export function eventEntry(e: Data, key: string): Entry {
  const name = text(e["user_name"], "Anonymous")
  const at = clock(e["timestamp"])
  const t = tier(e["tier"])
  const note = (s: string) => [s, at].filter(Boolean).join(" · ")
  switch (text(e["type"])) {
    case "channel.follow": return { key, icon: "heart", text: name, note: note("followed") }
    case "channel.subscribe": return { key, icon: "star", text: name, note: note(["subscribed", t].filter(Boolean).join(" ")) }
    case "channel.subscription.gift": return { key, icon: "gift", text: name, note: note(`gave ${plural(number(e["total"]) ?? 1, "sub")}`) }
    case "channel.subscription.message": return { key, icon: "star", text: name, note: note(`${plural(number(e["cumulative_months"]) ?? 1, "month")}`) }
    case "channel.cheer": return { key, icon: "gem", text: name, note: note(plural(number(e["bits"]) ?? 0, "bit")) }
    case "channel.raid": return { key, icon: "raid", text: name, note: note(number(e["viewers"]) === undefined ? "raided" : `raided with ${figure(e["viewers"])}`) }
  }
  return { key, icon: "bell", text: name, note: note(spoken(text(e["type"]).replace(/^channel\./, "")).toLowerCase()) }
}

function goal(d: Data, field: string, label: string): Entry[] {
  const g = object(d[field])
  if (!g) return []
  const current = number(g["current"]) ?? 0
  const target = number(g["target"]) ?? 0
  const share = number(g["percentage"]) ?? (target > 0 ? (100 * current) / target : 0)
  return [{
    key: field, figure: target > 0 ? `${figure(current)} / ${figure(target)}` : figure(current), text: text(g["description"], label),
    progress: Math.min(1, Math.max(0, share / 100)),
  }]
}

function stat(key: string, value: string, label: string, note = ""): Entry[] {
  return value === "" ? [] : [note ? { key, figure: value, text: label, note } : { key, figure: value, text: label }]
}

const cards: Record<string, { icon: IconName; label: string; entries: (d: Data) => Entry[]; quiet?: string }> = {
  emote_stats: {
    icon: "smile", label: "Emotes", quiet: "No emotes yet today",
    entries: d => {
      const top = list(d["top_today"])
      return (top.length > 0 ? top : list(d["top_alltime"])).slice(0, 3)
        .map(e => ({ key: text(e["emote"]), figure: figure(e["count"]), text: text(e["emote"], "?"), emote: text(e["emote"]) }))
    },
  },
  recent_follows: {
    icon: "heart", label: "New followers", quiet: "Follow to be the first",
    entries: d => list(d["recent_followers"]).slice(0, 3).map((f, i) => {
      const at = clock(f["followed_at"])
      return { key: text(f["user_name"]) + i, text: text(f["user_name"], "Somebody"), ...(at ? { note: at } : {}) }
    }),
  },
  daily_stats: {
    icon: "day", label: "Today", quiet: "A quiet day so far",
    entries: d => [
      ...stat("messages", figure(d["total_messages"]), "messages"),
      ...stat("follows", figure(d["total_follows"]), "follows"),
      ...(clock(d["started_at"]) ? [{ key: "started", text: "", note: `since ${clock(d["started_at"])}` }] : []),
    ],
  },
  stream_goals: {
    icon: "flag", label: "Goals", quiet: "No goals are set",
    entries: d => [...goal(d, "follower_goal", "Followers"), ...goal(d, "sub_goal", "Subs"), ...goal(d, "new_sub_goal", "New subs")],
  },
  ironmon_run_stats: {
    icon: "ball", label: "IronMON", quiet: "No run at the moment",
    entries: d => [
      ...stat("run", number(d["run_number"]) === undefined ? "" : "#" + figure(d["run_number"]), "seed"),
      ...(number(d["checkpoints_cleared"]) === undefined ? [] : [{
        key: "cleared", figure: `${figure(d["checkpoints_cleared"])} / ${figure(d["total_checkpoints"] ?? 24)}`, text: "cleared",
        progress: Math.min(1, (number(d["checkpoints_cleared"]) ?? 0) / (number(d["total_checkpoints"]) || 24)),
      }]),
      ...stat("next", text(d["current_checkpoint"]), text(d["trainer"], "next")),
      ...stat("rate", percent(d["clear_rate"]), "clear it"),
    ],
  },
  ironmon_progression: {
    icon: "ball", label: "Next up", quiet: "No run at the moment",
    entries: d => d["has_active_run"] === false ? [] : [
      ...stat("next", text(d["current_checkpoint"]), text(d["trainer"]) || text(d["location"], "next")),
      ...stat("rate", percent(d["clear_rate_percentage"] ?? (number(d["clear_rate"]) === undefined ? undefined : 100 * number(d["clear_rate"])!)), "clear it"),
      ...stat("last", number(d["last_cleared_seed"]) ? "#" + figure(d["last_cleared_seed"]) : "", "last time"),
      ...stat("tries", figure(d["attempts_on_record"]), "tries"),
    ],
  },
  ironmon_deaths: {
    icon: "skull", label: "Fallen", quiet: "Nobody has fallen yet",
    entries: d => [
      ...stat("total", figure(d["total"] ?? d["count"]), "in all"),
      ...list(d["deaths"] ?? d["recent"]).slice(0, 3).map((x, i) => ({ key: "d" + i, text: text(x["pokemon"], "A Pokémon"), note: text(x["cause"]) || (number(x["level"]) === undefined ? "" : `level ${figure(x["level"])}`) })),
    ],
  },
  events_timeline: {
    icon: "bell", label: "Lately", quiet: "Nothing has happened yet",
    entries: d => list(d["events"]).slice(0, 6).map((e, i) => eventEntry(e, text(e["id"]) || "e" + i)),
  },
  latest_event: {
    icon: "bell", label: "Latest", quiet: "Nothing has happened yet",
    entries: d => (text(d["type"]) ? [eventEntry(d, text(d["id"]) || text(d["user_name"]))] : []),
  },
  commit_stats: {
    icon: "commit", label: "Commits", quiet: "Nothing committed yet",
    entries: d => [
      ...stat("commits", figure(d["commits"] ?? d["total_commits"] ?? d["count"]), "today"),
      ...stat("added", number(d["additions"]) === undefined ? "" : "+" + figure(d["additions"]), "lines"),
      ...stat("removed", number(d["deletions"]) === undefined ? "" : "−" + figure(d["deletions"]), "lines"),
    ],
  },
  build_status: {
    icon: "check", label: "Build", quiet: "Nothing was built yet",
    entries: d => (text(d["status"]) ? [{ key: "build", figure: spoken(text(d["status"])), text: text(d["project"]) || text(d["branch"]) }] : []),
  },
}

export function describeCard(item: Item): Card {
  const d = item.data
  const known = cards[item.type]
  const label = known?.label ?? text(d["title"], spoken(item.type))
  const icon = known?.icon ?? "dot"
  const said = text(d["message"]) || text(item.text)
  if (d["fallback"] === true) return { icon, label, entries: [], quiet: said || `${spoken(item.type)} temporarily unavailable` }
  const entries = known ? known.entries(d) : plainEntries(d)
  return { icon, label, entries, quiet: entries.length > 0 ? "" : said || known?.quiet || "" }
}

// A card that this page does not know shows its plain fields.
function plainEntries(d: Data): Entry[] {
  return Object.entries(d)
    .filter(([k, v]) => !["title", "message", "event_type", "id"].includes(k) && (typeof v === "number" || (typeof v === "string" && v.length <= 40)))
    .slice(0, 4)
    .map(([k, v]) => ({ key: k, figure: typeof v === "number" ? figure(v) : text(v), text: spoken(k).toLowerCase() }))
}
