// Says in one line what an event is. Names and texts come from strangers: whatever a field holds, this gives text, and
// the page puts it into text nodes only.

import type { AnyEvent, EventMap, EventType } from "../wire/events.ts"

/** The colour family of a line. */
export type Tone = "chat" | "follow" | "sub" | "cheer" | "raid" | "points" | "channel" | "speech" | "obs" | "game" | "music" | "ai" | "system"

export interface Line {
  tone: Tone
  /** What it is, in one or two words. */
  label: string
  who?: string
  /** The colour that a chatter chose. */
  colour?: string
  /** What happened; strong parts are amounts and titles. */
  parts: (string | { strong: string })[]
  /** What somebody typed or said with it. */
  text?: string
}

type Fields = Record<string, unknown>

const str = (v: unknown): string => (typeof v === "string" ? v : typeof v === "number" ? String(v) : "")
const obj = (v: unknown): Fields => (v !== null && typeof v === "object" && !Array.isArray(v) ? (v as Fields) : {})
const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : [])
const strong = (v: unknown) => ({ strong: str(v) })

// A word with what it belongs to, nothing when that is missing.
const opt = (before: string, v: string, after = ""): (string | { strong: string })[] => (v ? [before, { strong: v }, after] : [])

/** A whole number with separators; "" for anything else. */
export function count(v: unknown): string {
  return typeof v === "number" && Number.isFinite(v) ? v.toLocaleString("en-US") : ""
}

/** "1 month", "12 months"; "" without a number. */
export function many(v: unknown, one: string, more = one + "s"): string {
  return typeof v === "number" ? `${count(v)} ${v === 1 ? one : more}` : ""
}

function tier(v: unknown): string {
  const t = str(v)
  return t === "1000" || t === "2000" || t === "3000" ? `tier ${t[0]}` : t === "Prime" || t === "prime" ? "Prime" : ""
}

function money(v: unknown): string {
  const m = obj(v)
  if (typeof m.value !== "number") return count(v)
  const places = typeof m.decimal_places === "number" ? m.decimal_places : 0
  return `${(m.value / 10 ** places).toFixed(places)} ${str(m.currency)}`.trim()
}

// The best name an event has for who did it.
function name(e: object, prefix = "user"): string {
  const f = e as Fields
  return str(f[prefix + "_name"]) || str(f[prefix + "_login"]) || str(f[prefix + "_id"])
}

// The types say which fields there are; what they hold is looked at, for it was stored by any version of the program.
const types: { [T in EventType]?: [Tone, string, (e: EventMap[T]) => Omit<Line, "tone" | "label">] } = {
  "channel.chat.message": ["chat", "chat", e => ({
    who: name(e), colour: str(e.color), parts: [typeof e.cheer_bits === "number" && e.cheer_bits > 0 ? strong(many(e.cheer_bits, "bit")) : ""], text: str(e.message),
  })],
  "channel.chat.notification": ["chat", "notice", e => ({ who: name(e, "chatter_user"), parts: [str(e.system_message) || str(e.notice_type)], text: str(e.message) })],
  "channel.chat.message_delete": ["channel", "deleted", e => ({ parts: ["a message of ", strong(name(e, "target_user")), " was deleted"] })],
  "channel.chat.clear_user_messages": ["channel", "deleted", e => ({ parts: ["all messages of ", strong(name(e, "target_user")), " were deleted"] })],
  "channel.chat.clear": ["channel", "chat", () => ({ parts: ["chat was cleared"] })],
  "channel.follow": ["follow", "follow", e => ({ who: name(e), parts: ["follows"] })],
  "channel.subscribe": ["sub", "sub", e => ({ who: name(e), parts: [e.is_gift === true ? "got a gift sub" : "subscribes", ...opt(", ", tier(e.tier))] })],
  "channel.subscription.message": ["sub", "resub", e => ({
    who: name(e), parts: ["resubscribes", ...opt(", ", many(e.cumulative_months, "month")), tier(e.tier) && ", " + tier(e.tier), typeof e.streak_months === "number" ? `, ${e.streak_months} in a row` : ""], text: str(e.message) || str(obj(e.message).text),
  })],
  "channel.subscription.gift": ["sub", "gift", e => ({
    who: e.is_anonymous === true ? "Somebody" : name(e) || "Somebody", parts: ["gives ", strong(many(e.total, "sub") || "subs"), tier(e.tier) && ", " + tier(e.tier), typeof e.cumulative_total === "number" ? `, ${count(e.cumulative_total)} in all` : ""],
  })],
  "channel.subscription.end": ["channel", "sub ended", e => ({ who: name(e), parts: ["is no longer subscribed"] })],
  "channel.cheer": ["cheer", "cheer", e => ({ who: e.is_anonymous === true ? "Somebody" : name(e) || "Somebody", parts: ["cheers", ...opt(" ", many(e.bits, "bit"))], text: str(e.message) })],
  "channel.raid": ["raid", "raid", e => ({ who: name(e, "from_broadcaster_user") || "Somebody", parts: ["raids", ...opt(" with ", many(e.viewers, "viewer"))] })],
  "channel.channel_points_custom_reward_redemption.add": ["points", "redeemed", e => ({ who: name(e), parts: ["redeems ", strong(obj(e.reward).title)], text: str(e.user_input) })],
  "channel.channel_points_custom_reward_redemption.update": ["points", "reward", e => ({ who: name(e), parts: [strong(obj(e.reward).title), " is ", str(e.status)] })],
  "channel.update": ["channel", "channel", e => ({ parts: [strong(e.category_name), str(e.title) && " · ", str(e.title)] })],
  "stream.online": ["raid", "online", () => ({ parts: ["the stream is live"] })],
  "stream.offline": ["channel", "offline", () => ({ parts: ["the stream ended"] })],
  "channel.poll.begin": ["points", "poll", e => ({ parts: [strong(e.title), ` begins, ${list(e.choices).length} choices`] })],
  "channel.poll.end": ["points", "poll", e => ({ parts: [strong(e.title), " ended"] })],
  "channel.prediction.begin": ["points", "prediction", e => ({ parts: [strong(e.title), " begins"] })],
  "channel.prediction.end": ["points", "prediction", e => ({ parts: [strong(e.title), " ended, ", str(e.status)] })],
  "channel.charity_campaign.donate": ["cheer", "donation", e => ({ who: name(e), parts: ["gives ", strong(money(e.amount)), str(e.charity_name) && " to " + str(e.charity_name)] })],
  "channel.hype_train.begin": ["cheer", "hype train", e => ({ parts: ["begins at level ", strong(count(e.level) || "1")] })],
  "channel.hype_train.progress": ["cheer", "hype train", e => ({ parts: ["level ", strong(count(e.level)), `, ${count(e.progress)} of ${count(e.goal)}`] })],
  "channel.hype_train.end": ["cheer", "hype train", e => ({ parts: ["ended at level ", strong(count(e.level))] })],
  "channel.goal.progress": ["points", "goal", e => ({ parts: [str(e.goal_type), " ", strong(count(e.current_amount)), ` of ${count(e.target_amount)}`], text: str(e.description) })],
  "channel.shoutout.create": ["channel", "shoutout", e => ({ parts: ["to ", strong(name(e, "to_broadcaster_user"))] })],
  "channel.shoutout.receive": ["raid", "shoutout", e => ({ who: name(e, "from_broadcaster_user"), parts: ["gave you a shoutout", ...opt(" to ", many(e.viewer_count, "viewer"))] })],
  "channel.ad_break.begin": ["channel", "ads", e => ({ parts: ["an ad break", ...opt(" of ", many(e.duration_seconds, "second"))] })],
  "channel.bits.use": ["cheer", "bits", e => ({ who: name(e), parts: ["uses ", strong(many(e.bits, "bit") || "bits"), str(e.bits_type) === "power_up" ? " for a power-up" : ""], text: str(e.message) })],
  "channel.channel_points_automatic_reward_redemption.add": ["points", "redeemed", e => ({ who: name(e), parts: ["redeems ", strong(str(obj(e.reward).type).replaceAll("_", " "))], text: str(e.message) })],
  "channel.ban": ["channel", "ban", e => ({ who: name(e), parts: [e.is_permanent === false ? "is timed out" : "is banned", ...opt(" by ", name(e, "moderator_user"))], text: str(e.reason) })],
  "channel.unban": ["channel", "unban", e => ({ who: name(e), parts: ["is no longer banned"] })],
  "channel.shield_mode.begin": ["channel", "shield", () => ({ parts: ["shield mode is on"] })],
  "channel.shield_mode.end": ["channel", "shield", () => ({ parts: ["shield mode is off"] })],
  "channel.goal.end": ["points", "goal", e => ({ parts: [e.is_achieved === true ? "reached " : "ended at ", strong(count(e.current_amount)), ` of ${count(e.target_amount)}`], text: str(e.description) })],
  "channel.vip.add": ["channel", "VIP", e => ({ who: name(e), parts: ["is a VIP now"] })],
  "channel.vip.remove": ["channel", "VIP", e => ({ who: name(e), parts: ["is no longer a VIP"] })],
  "transcription.final": ["speech", "said", e => ({ parts: [], text: str(e.text) })],
  "transcription.partial": ["speech", "saying", e => ({ parts: [], text: str(e.text) })],
  "transcription.session_started": ["speech", "speech", () => ({ parts: ["a new session began"] })],
  "transcription.session_ended": ["speech", "speech", () => ({ parts: ["the session ended"] })],
  "obs.current_program_scene_changed": ["obs", "scene", e => ({ parts: [strong(e.scene_name), str(e.previous_scene) && `, was ${str(e.previous_scene)}`] })],
  "obs.stream_state_changed": ["obs", "OBS", e => ({ parts: [e.output_active === true ? "streaming began" : "streaming stopped"] })],
  "obs.record_state_changed": ["obs", "OBS", e => ({ parts: [e.output_active === true ? "recording began" : "recording stopped"] })],
  "obs.connection_established": ["obs", "OBS", () => ({ parts: ["OBS is connected"] })],
  "obs.connection_lost": ["obs", "OBS", e => ({ parts: ["the connection to OBS was lost", str(e.reason) && ": " + str(e.reason)] })],
  "twitch.service_status": ["channel", "Twitch", e => ({ parts: [e.connected === true ? "connected" : "not connected", str(e.last_error) && ": " + str(e.last_error)] })],
  "ironmon.checkpoint": ["game", "checkpoint", e => ({ parts: [strong(e.checkpoint_name), typeof e.seed_count === "number" ? `, seed ${count(e.seed_count)}` : ""] })],
  "ironmon.seed": ["game", "seed", e => ({ parts: ["seed ", strong(count(e.seed_count))] })],
  "ironmon.location": ["game", "location", e => ({ parts: [strong(e.location_name)] })],
  "obs.input_mute_state_changed": ["obs", "OBS", e => ({ parts: [strong(e.input_name), e.input_muted === true ? " is muted" : " is no longer muted"] })],
  "obs.replay_buffer_saved": ["obs", "replay", e => ({ parts: ["saved ", strong(str(e.saved_replay_path).split(/[\\/]/).at(-1))] })],
  "rainwave.song_changed": ["music", "song", e => ({ parts: [strong(e.song_title), str(e.artist) && ` by ${str(e.artist)}`, str(e.album) && ` · ${str(e.album)}`] })],
  "system.startup": ["system", "started", e => ({ parts: ["Landale started", str(e.version) && `, version ${str(e.version)}`] })],
  "system.shutdown": ["system", "stopped", () => ({ parts: ["Landale stopped"] })],
  "system.error": ["system", "error", e => ({ parts: [str(e.reason)] })],
  "system.service_started": ["system", "part", e => ({ parts: [strong(e.service_name), " started"] })],
  "system.service_stopped": ["system", "part", e => ({ parts: [strong(e.service_name), " stopped", str(e.reason) && ": " + str(e.reason)] })],
  "stream.show_changed": ["system", "show", e => ({ parts: ["the show is ", strong(e.show)] })],
  "stream.takeover_started": ["system", "takeover", e => ({ parts: [strong(e.takeover_type), " covers the screen"], text: str(e.message) })],
  "stream.takeover_cleared": ["system", "takeover", () => ({ parts: ["the screen is free again"] })],
}

const tones: [prefix: string, tone: Tone][] = [
  ["channel.chat.", "chat"], ["channel.", "channel"], ["twitch.", "channel"], ["transcription.", "speech"], ["obs.", "obs"],
  ["ironmon.", "game"], ["rainwave.", "music"], ["music.", "music"], ["ai.", "ai"],
]

const core = new Set(["id", "seq", "type", "timestamp", "correlation_id", "source", "source_id", "raw_type", "flags"])

// An unknown type shows its first plain fields: better than nothing, and enough to find it by.
function unknown(e: AnyEvent): Line {
  const tone = tones.find(([prefix]) => e.type.startsWith(prefix))?.[1] ?? "system"
  const shown = Object.entries(e)
    .filter(([key, v]) => !core.has(key) && !key.startsWith("broadcaster_user_") && (typeof v === "number" || typeof v === "boolean" || (typeof v === "string" && v !== "")))
    .slice(0, 4)
    .map(([key, v]) => `${key} ${String(v).slice(0, 60)}`)
  return { tone, label: e.type.split(".").at(-1)!.replaceAll("_", " ").slice(0, 24), parts: [strong(e.type), shown.length > 0 ? " " + shown.join(" · ") : ""] }
}

/** Says what an event is. */
export function describe(e: AnyEvent): Line {
  if (!Object.hasOwn(types, e.type)) return unknown(e)
  const [tone, label, line] = types[e.type as EventType] as [Tone, string, (e: AnyEvent) => Omit<Line, "tone" | "label">]
  const l = line(e)
  return { tone, label, ...l, parts: l.parts.filter(p => (typeof p === "string" ? p : p.strong) !== "") }
}

/** What the feed and a search can be narrowed to. */
export interface Filter {
  id: string
  label: string
  passes: (e: AnyEvent) => boolean
  /** Offered only when something came from the source of this name. */
  rare?: boolean
  /** The same for the API. */
  query: { type?: string[]; source?: string; kind?: string }
}

const support = [
  "channel.follow", "channel.subscribe", "channel.subscription.message", "channel.subscription.gift", "channel.cheer",
  "channel.raid", "channel.charity_campaign.donate", "channel.channel_points_custom_reward_redemption.add",
]

export const supportTypes: ReadonlySet<string> = new Set(support)

const fromSource = (id: string, label: string, rare = true): Filter => ({ id, label, rare, passes: e => e.source === id, query: { source: id } })

export const filters: Filter[] = [
  { id: "all", label: "All", passes: () => true, query: {} },
  { id: "chat", label: "Chat", passes: e => e.type.startsWith("channel.chat."), query: { type: ["channel.chat.*"] } },
  { id: "support", label: "Support", passes: e => supportTypes.has(e.type), query: { type: support } },
  { id: "speech", label: "Speech", passes: e => e.type.startsWith("transcription."), query: { kind: "speech" } },
  fromSource("twitch", "Twitch", false),
  fromSource("obs", "OBS", false),
  fromSource("ironmon", "IronMON"),
  fromSource("music", "Music"),
  fromSource("ai", "AI"),
  fromSource("system", "System"),
  fromSource("operator", "Yours"),
]
