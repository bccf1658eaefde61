import assert from "node:assert/strict"
import { test } from "node:test"
import { hear, parted, position, sourceWords, speechDetails, spoken } from "../src/dashboard/spoken.ts"
import type { AnyEvent } from "../src/wire/events.ts"

let seq = 0
const said = (type: "partial" | "final", text: string, fields: object = {}): AnyEvent => ({
  id: `e${++seq}`, seq: String(seq), type: `transcription.${type}`, timestamp: "2026-11-24T20:00:00.000Z", correlation_id: "", source: "audio", source_id: "mic", raw_type: "", text, ...fields,
})

test("each utterance is open until its final, or until it is taken back", () => {
  const texts = (list: AnyEvent[]) => list.map(e => e.text)
  let open = hear([], said("partial", "a", { segment_id: "1" }))
  open = hear(open, said("partial", "b", { segment_id: "2", source_id: "guest" }))
  open = hear(open, said("partial", "a a", { segment_id: "1" }))
  assert.deepEqual(texts(open), ["b", "a a"])
  assert.deepEqual(texts(hear(open, said("final", "A a.", { segment_id: "1" }))), ["b"])
  assert.deepEqual(texts(hear(open, said("final", "A a."))), ["b"])
  assert.deepEqual(texts(hear(open, said("partial", "", { segment_id: "2" }))), ["a a"])
  assert.deepEqual(texts(hear(open, said("partial", "c", { segment_id: "3", timestamp: "2026-11-24T20:01:00.000Z" }))), ["c"])
})

test("a partial has words that stay and words that may change", () => {
  for (const [text, stable, want] of [["a b c", 2, ["a b", "c"]], ["a", 9, ["a", ""]], ["a b", undefined, ["", "a b"]], [" ", 1, ["", ""]]] as const) {
    assert.deepEqual(parted(said("partial", text, { stable_words: stable })), want)
  }
})

test("a correction takes the place of its line and keeps the original", () => {
  const first = said("final", "loose", { segment_id: "1", confidence: 0.7, latency: { published_ms: 640 } })
  const filtered = said("final", "d**n", { segment_id: "2", raw_text: "damn", late: true, timestamp: "2026-11-24T20:01:00.000Z" })
  const bare = said("final", "hello", { timestamp: "2026-11-24T20:02:00.000Z" })
  const revision = said("final", "lose", { segment_id: "1", is_revision: true, confidence: null, timestamp: "2026-11-24T20:00:00.000Z" })
  const fixed = said("final", "hallo", { segment_id: bare.id, is_revision: true, raw_text: "hello", timestamp: "2026-11-24T20:02:00.000Z" })
  const lines = spoken([fixed, revision, bare, filtered, first, said("partial", "x")])
  assert.deepEqual(lines.map(l => [l.key, l.text, l.before, l.corrected, l.late, l.latency, l.id]), [
    [bare.id, "hallo", "hello", true, false, undefined, fixed.id],
    ["2", "d**n", "damn", false, true, undefined, filtered.id],
    ["1", "lose", "loose", true, false, 640, revision.id],
  ])
  // The original may be older than what the page knows.
  assert.equal(spoken([said("final", "lose", { segment_id: "9", is_revision: true, raw_text: "loose" })])[0]!.before, "loose")
})

test("a position counts from the beginning of the broadcast", () => {
  assert.equal(position(3_725_000, 0), "1:02:05")
  assert.equal(position(5_000, 9_000), "1970-01-01T00:00:05.000Z")
  assert.equal(position(NaN, undefined), "")
})

test("a source says what it does", () => {
  const words = (s: object) => sourceWords(speechDetails({ sources: [{ name: "mic", ...s }] }).sources[0]!)
  const rows: [object, string][] = [
    [{ state: "listening" }, "listening"], [{ state: "speech", lag: 0.42 }, "speech, lag 0.4 s"], [{ state: "listening", lag: 1.2 }, "recognising, lag 1.2 s"],
    [{ state: "away", error: "unplugged" }, "away: unplugged"], [{ state: "idle" }, "nobody sends"], [{ state: "muted", lag: "odd" }, "muted"], [{}, "unknown"],
  ]
  for (const [s, want] of rows) assert.equal(words(s), want)
  assert.deepEqual(speechDetails(undefined), { engine: "", engine_choice: "auto", sources: [], downloads: [], latency: undefined, paused: undefined })
})
