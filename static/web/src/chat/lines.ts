// The lines of chat that are on screen: in the order of their arrival, at most so many, and gone as soon as Twitch takes
// them away.

import { text } from "../content/words.ts"
import type { AnyEvent, Badge, Fragment } from "../wire/events.ts"

export interface Line {
  id: string
  /** The event. */
  event: string
  user: string
  name: string
  login: string
  colour: string
  badges: Badge[]
  fragments: Fragment[]
  reply: { name: string; body: string } | null
  /** text, announcement, power_ups… as Twitch has it. */
  kind: string
  action: boolean
  test: boolean
}

const list = <T>(value: unknown): T[] => (Array.isArray(value) ? value.filter(v => v && typeof v === "object") : [])

/** A line of a channel.chat.message; null for what is none. */
export function lineOf(e: AnyEvent): Line | null {
  if (e.type !== "channel.chat.message") return null
  let fragments = list<Fragment>(e["fragments"])
  const message = text(e["message"])
  if (fragments.length === 0 && message) fragments = [{ type: "text", text: message } as Fragment]
  if (fragments.length === 0) return null
  const action = /^\u0001ACTION /.test(String(e["message"] ?? ""))
  if (action) fragments = fragments.map(f => ({ ...f, text: f.text.replace(/^\u0001ACTION |\u0001$/g, "") }))
  return {
    id: text(e["message_id"]) || e.id,
    event: e.id,
    user: text(e["user_id"]),
    login: text(e["user_login"]),
    name: text(e["user_name"]) || text(e["user_login"], "Somebody"),
    colour: text(e["color"]),
    badges: list<Badge>(e["badges"]),
    fragments,
    reply: e["reply_parent_message_id"] ? { name: text(e["reply_parent_user_name"]) || text(e["reply_parent_user_login"]), body: text(e["reply_parent_message_body"]) } : null,
    kind: text(e["message_type"], "text"),
    action,
    test: Array.isArray(e.flags) && e.flags.includes("test"),
  }
}

/** The lines after one more event, oldest first; the same list if it changes nothing. */
export function after(lines: Line[], e: AnyEvent, most: number): Line[] {
  const without = (gone: (l: Line) => boolean) => (lines.some(gone) ? lines.filter(l => !gone(l)) : lines)
  switch (e.type) {
    case "channel.chat.message": {
      const line = lineOf(e)
      if (!line || lines.some(l => l.id === line.id)) return lines
      return [...lines, line].slice(-most)
    }
    case "channel.chat.message_delete":
      return without(l => l.id === e["message_id"])
    case "channel.chat.clear_user_messages":
      return without(l => l.user !== "" && l.user === e["target_user_id"])
    case "channel.chat.clear":
      return lines.length > 0 ? [] : lines
  }
  return lines
}
