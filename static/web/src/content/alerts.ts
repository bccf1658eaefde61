// What an alert or a celebration says, by its content type and the event that it was made of.

import { hasFlag, type Item } from "../screen/item.ts"
import type { IconName } from "./icons.tsx"
import { figure, number, plural, spoken, text, tier, withName, type Piece } from "./words.ts"

/** The colour family of an alert; the style sheet knows what it looks like. */
export type Tone = "follow" | "sub" | "gift" | "resub" | "cheer" | "raid" | "redeem" | "train" | "charity" | "goal" | "progress" | "danger" | "rare" | "notice"

export interface Alert {
  tone: Tone
  icon: IconName
  /** What it is, in a word or two. */
  label: string
  headline: Piece[]
  /** What somebody said with it. */
  message: string
  /** A number worth a place of its own. */
  figure: string
  unit: string
  /** The unit stands before the number: level 12. */
  unitFirst: boolean
  tags: string[]
}

interface Kind {
  tone: Tone
  icon: IconName
  label: string
  headline?: (d: Record<string, unknown>, name: string) => string
  figure?: (d: Record<string, unknown>) => [value: string, unit: string]
  message?: (d: Record<string, unknown>) => string
}

const amount = (field: string, one: string, many?: string) => (d: Record<string, unknown>): [string, string] => {
  const n = number(d[field]) ?? number(d["amount"])
  return n === undefined || n < 1 ? ["", ""] : [figure(n), n === 1 ? one : many ?? one + "s"]
}
const months = (d: Record<string, unknown>): [string, string] => {
  const n = number(d["cumulative_months"]) ?? number(d["months"])
  return n === undefined || n < 2 ? ["", ""] : [figure(n), "months"]
}
const said = (d: Record<string, unknown>) => text(d["message"])

const byEvent: Record<string, Kind> = {
  "channel.follow": { tone: "follow", icon: "heart", label: "Follow", headline: (_, n) => `${n} follows` },
  "channel.subscribe": { tone: "sub", icon: "star", label: "Sub", headline: (_, n) => `${n} subscribed` },
  "channel.subscription.gift": { tone: "gift", icon: "gift", label: "Gift", headline: (d, n) => `${n} gave ${plural(number(d["total"]) ?? 1, "sub")}`, figure: amount("total", "sub") },
  "channel.subscription.message": { tone: "resub", icon: "star", label: "Resub", headline: (_, n) => `${n} subscribed again`, figure: months, message: said },
  "channel.cheer": { tone: "cheer", icon: "gem", label: "Cheer", headline: (_, n) => `${n} cheered`, figure: amount("bits", "bit"), message: said },
  "channel.bits.use": { tone: "cheer", icon: "gem", label: "Bits", headline: (_, n) => `${n} used bits`, figure: amount("bits", "bit"), message: said },
  "channel.raid": { tone: "raid", icon: "raid", label: "Raid", headline: (_, n) => `${n} raids`, figure: amount("viewers", "viewer") },
  "channel.channel_points_custom_reward_redemption.add": { tone: "redeem", icon: "spark", label: "Reward", headline: (_, n) => `${n} redeemed a reward`, message: d => text(d["user_input"]) },
  "channel.channel_points_automatic_reward_redemption.add": { tone: "redeem", icon: "spark", label: "Reward", headline: (_, n) => `${n} redeemed a reward`, message: said },
  "channel.hype_train.begin": { tone: "train", icon: "train", label: "Hype train", headline: () => "A hype train sets off", figure: amount("level", "level", "level") },
  "channel.hype_train.end": { tone: "train", icon: "train", label: "Hype train", headline: () => "The hype train has arrived", figure: amount("level", "level", "level") },
  "channel.charity_campaign.donate": { tone: "charity", icon: "hand", label: "Charity", headline: (_, n) => `${n} gave to charity` },
  "channel.goal.end": { tone: "goal", icon: "flag", label: "Goal", headline: d => `Goal reached: ${text(d["description"], "done")}` },
}

const byType: Record<string, Kind> = {
  alert: { tone: "notice", icon: "bell", label: "Breaking news", headline: d => text(d["message"], "Breaking News") },
  manual_override: { tone: "notice", icon: "bell", label: "Notice", headline: d => text(d["message"]) || text(d["text"]) || text(d["title"], "Notice") },
  checkpoint_clear: { tone: "progress", icon: "flag", label: "Checkpoint", headline: d => text(d["message"]) || `${text(d["checkpoint_name"], "Checkpoint")} cleared`, figure: d => [figure(d["seed_id"]), number(d["seed_id"]) === undefined ? "" : "seed"] },
  death_alert: { tone: "danger", icon: "skull", label: "Fainted", headline: d => `${text(d["pokemon"], "A Pokémon")} is gone`, figure: d => level(d), message: d => text(d["cause"]) },
  elite_four_alert: { tone: "danger", icon: "crown", label: "Elite Four", headline: d => text(d["message"]) || text(d["trainer"], "The Elite Four") },
  shiny_encounter: { tone: "rare", icon: "spark", label: "Shiny", headline: d => `A shiny ${text(d["pokemon"], "Pokémon")}`, message: d => text(d["location"]) },
  build_failure: { tone: "danger", icon: "cross", label: "Build failed", headline: d => text(d["project"], "The build is red"), message: d => text(d["error"]) },
  deployment_alert: { tone: "progress", icon: "rocket", label: "Deployed", headline: d => text(d["message"]) || text(d["project"], "It is live") },
  raid_alert: { ...byEvent["channel.raid"]! },
  host_alert: { tone: "raid", icon: "raid", label: "Host", headline: (_, n) => `${n} hosts`, figure: amount("viewers", "viewer") },
  cheer_celebration: { ...byEvent["channel.cheer"]! },
  follow_celebration: { ...byEvent["channel.follow"]! },
  level_up: { tone: "progress", icon: "up", label: "Level up", headline: d => `${text(d["pokemon"], "It")} grew`, figure: d => level(d) },
  gym_badge: { tone: "progress", icon: "crown", label: "Badge", headline: d => text(d["message"]) || text(d["badge"]) || text(d["badge_name"], "A gym badge") },
  commit_celebration: { tone: "progress", icon: "commit", label: "Commit", headline: d => text(d["message"]) || text(d["title"], "Something was committed"), message: d => text(d["project"]) || text(d["repository"]) },
  pr_merged: { tone: "progress", icon: "merge", label: "Merged", headline: d => text(d["title"]) || text(d["message"], "A pull request was merged"), message: d => text(d["project"]) || text(d["repository"]) },
}

function level(d: Record<string, unknown>): [string, string] {
  return [figure(d["level"]), number(d["level"]) === undefined ? "" : "level"]
}

/** The name that an alert is about. */
export function nameOf(d: Record<string, unknown>): string {
  if (d["is_anonymous"] === true) return text(d["username"], "Anonymous")
  for (const field of ["username", "user_name", "from_broadcaster_user_name", "subscriber", "user_login"]) {
    const name = text(d[field])
    if (name) return name
  }
  return ""
}

export function describeAlert(item: Item): Alert {
  const d = item.data
  const own = byType[item.type]
  const event = byEvent[text(d["event_type"])]
  // What a rule made of an event says what the event is; a content type of its own says more.
  const kind: Kind = (item.type === "alert" || !own ? event : undefined) ?? own ?? { tone: "notice", icon: "bell", label: spoken(item.type) }
  const name = nameOf(d)
  const headline = text(item.text) || text(d["text"]) || kind.headline?.(d, name || "Somebody") || text(d["message"]) || spoken(item.type)
  const [value, unit] = kind.figure?.(d) ?? ["", ""]
  let message = kind.message?.(d) ?? ""
  if (message === headline) message = ""
  const tags: string[] = []
  const t = tier(d["tier"] ?? d["tier_name"])
  if (t && t !== "T1") tags.push(t)
  if ((item.count ?? 1) > 1 && value === "") tags.push("×" + figure(item.count))
  if (hasFlag(item, "replay")) tags.push("replay")
  else if (hasFlag(item, "late")) tags.push("earlier")
  return { tone: kind.tone, icon: kind.icon, label: kind.label, headline: withName(headline, name), message, figure: value, unit, unitFirst: unit === "level" || unit === "seed", tags }
}
