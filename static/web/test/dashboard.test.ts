import assert from "node:assert/strict"
import { test } from "node:test"
import { add, cover, fold, ranges } from "../src/dashboard/bins.ts"
import { contrast, readable } from "../src/dashboard/colour.ts"
import { describe, filters } from "../src/dashboard/describe.ts"
import { cap, merge } from "../src/dashboard/list.ts"
import { running, span } from "../src/dashboard/time.ts"
import type { AnyEvent } from "../src/wire/events.ts"
import { compareSeq } from "../src/wire/seq.ts"

const event = (type: string, fields: object = {}): AnyEvent => ({
  id: type, seq: "1", type, timestamp: "2026-11-24T20:00:00.000Z", correlation_id: type, source: "twitch", source_id: "", raw_type: type, ...fields,
})

const say = (e: AnyEvent): string => {
  const l = describe(e)
  return [l.who, l.parts.map(p => (typeof p === "string" ? p : p.strong)).join(""), l.text].filter(Boolean).join(" ")
}

const anna = { user_id: "1", user_login: "anna", user_name: "Anna" }

test("an event is told in one line", () => {
  const rows: [AnyEvent, string][] = [
    [event("channel.follow", anna), "Anna follows"],
    [event("channel.follow", { user_login: "anna" }), "anna follows"],
    [event("channel.chat.message", { ...anna, message: "hi" }), "Anna hi"],
    [event("channel.chat.message", { ...anna, message: "Cheer100", cheer_bits: 100 }), "Anna 100 bits Cheer100"],
    [event("channel.cheer", { ...anna, bits: 1, is_anonymous: false }), "Anna cheers 1 bit"],
    [event("channel.cheer", { user_name: null, bits: 2500, is_anonymous: true }), "Somebody cheers 2,500 bits"],
    [event("channel.subscribe", { ...anna, tier: "2000", is_gift: false }), "Anna subscribes, tier 2"],
    [event("channel.subscription.message", { ...anna, tier: "1000", cumulative_months: 38, streak_months: 12, message: "hi" }), "Anna resubscribes, 38 months, tier 1, 12 in a row hi"],
    [event("channel.subscription.message", { ...anna, tier: "1000", cumulative_months: 1, streak_months: null, message: { text: "hi" } }), "Anna resubscribes, 1 month, tier 1 hi"],
    [event("channel.subscription.gift", { ...anna, tier: "1000", total: 5, cumulative_total: null, is_anonymous: false }), "Anna gives 5 subs, tier 1"],
    [event("channel.raid", { from_broadcaster_user_name: "Anna", viewers: 1200 }), "Anna raids with 1,200 viewers"],
    [event("channel.charity_campaign.donate", { ...anna, amount: { value: 550, decimal_places: 2, currency: "EUR" }, charity_name: "Cats" }), "Anna gives 5.50 EUR to Cats"],
    [event("transcription.final", { text: "hello chat" }), "hello chat"],
    [event("obs.current_program_scene_changed", { scene_name: "Game" }), "Game"],
    [event("custom.door", { open: true, times: 3, broadcaster_user_id: "9", deep: {} }), "custom.door open true · times 3"],
  ]
  for (const [e, want] of rows) assert.equal(say(e), want)
})

test("whatever a field holds, a line is text", () => {
  const odd = [null, undefined, 1e300, NaN, "", "\u202e", [], {}, [[]], { text: 1 }, true, { value: "x" }]
  const fields = ["user_name", "user_login", "message", "bits", "viewers", "tier", "total", "reward", "amount", "text", "choices", "color", "cheer_bits", "from_broadcaster_user_name", "flags"]
  const types = ["channel.chat.message", "channel.cheer", "channel.raid", "channel.subscription.gift", "channel.subscription.message",
    "channel.charity_campaign.donate", "channel.channel_points_custom_reward_redemption.add", "channel.poll.begin", "transcription.final",
    "constructor", "__proto__", "", ".", "a..b"]
  for (const type of types) {
    for (const v of odd) {
      const line = describe(event(type, Object.fromEntries(fields.map(f => [f, v]))))
      for (const p of line.parts) assert.equal(typeof (typeof p === "string" ? p : p.strong), "string")
      for (const s of [line.who, line.text, line.colour]) assert.ok(s === undefined || typeof s === "string")
    }
  }
})

test("a filter lets through here what it asks the program for", () => {
  const support = filters.find(f => f.id === "support")!
  for (const type of support.query.type!) assert.ok(support.passes(event(type)), type)
  assert.ok(!support.passes(event("channel.chat.message")))
})

test("a chatter's colour can be read on the dashboard", () => {
  for (const c of ["#000000", "#0000FF", "#8A2BE2", "#1a1f23", "#FF69B4", "#ffffff", "#2e8b57"]) {
    const n = parseInt(readable(c)!.slice(1), 16)
    assert.ok(contrast([n >> 16, (n >> 8) & 255, n & 255]) >= 4.5, c)
  }
  assert.equal(readable("#FF69B4"), "#ff69b4") // is left alone
  for (const c of ["", undefined, "red", "#12", "#gggggg", "red;background:url(x)"]) assert.equal(readable(c), undefined)
})

test("the list is newest first, each once, and bounded", () => {
  const e = (seq: number, id = String(seq)) => event("x", { id, seq: String(seq) })
  let list = merge([], [e(9), e(10), e(8)])
  assert.deepEqual(list.map(x => x.id), ["10", "9", "8"])
  list = merge(list, [e(11), e(10), e(7)]) // the backlog overlaps with what came live
  assert.deepEqual(list.map(x => x.id), ["11", "10", "9", "8", "7"])
  assert.equal(merge(list, [e(9)]), list)
  const many = merge(list, Array.from({ length: cap + 50 }, (_, i) => e(100 + i)))
  assert.equal(many.length, cap)
  assert.equal(many[0]!.id, String(100 + cap + 49))
})

test("a seq is compared without losing its low bits", () => {
  assert.ok(compareSeq("1900000000000000001", "1900000000000000000") > 0)
  assert.ok(compareSeq("999", "1000") < 0)
  assert.equal(compareSeq("5", "5"), 0)
})

test("bins: no data is not zero", () => {
  const range = ranges.find(r => r.id === "6h")!
  const now = Date.parse("2026-11-24T20:02:30Z")
  const { from, to } = cover(range, now)
  assert.equal(new Date(to).toISOString(), "2026-11-24T20:05:00.000Z")
  assert.equal(to - from, 6 * 3_600_000)
  const at = (minute: string) => ({ start: `2026-11-24T${minute}:00Z`, end: "" })
  const bins = fold([
    { ...at("20:00"), counts: { "channel.chat.message": 2, "channel.follow": 1 }, total: 3, known: true },
    { ...at("20:01"), counts: { "channel.chat.message": 4, "obs.x": 1 }, total: 5, known: true },
    { ...at("19:56"), counts: {}, total: 0, known: true },
    { ...at("19:57"), counts: {}, total: 0, known: false },
    { ...at("19:50"), counts: {}, total: 0, known: false },
    { ...at("03:00"), counts: { "obs.x": 9 }, total: 9, known: true }, // outside
  ], range, from, to)
  assert.equal(bins.length, 72)
  assert.deepEqual(bins.at(-1)!.counts, { support: 1, chat: 6, speech: 0, other: 1 })
  assert.equal(bins.at(-1)!.total, 8)
  assert.deepEqual([bins.at(-2)!.known, bins.at(-2)!.total], [true, 0])
  assert.equal(bins.at(-3)!.known, false)
  assert.equal(add(bins, "channel.raid", now), true)
  assert.equal(bins.at(-1)!.counts.support, 2)
  assert.equal(add(bins, "channel.raid", to + 1), false)
})

test("spans", () => {
  assert.deepEqual([-5, 0, 59_999, 60_000, 3_599_999, 3_600_000, 47 * 3_600_000, 72 * 3_600_000].map(span), ["0 s", "0 s", "59 s", "1 min", "59 min", "1 h", "47 h", "3 d"])
  assert.deepEqual([0, 65_000, 3_600_000, 8_046_000].map(running), ["0:00", "1:05", "1:00:00", "2:14:06"])
})
