import assert from "node:assert/strict"
import { mock, test } from "node:test"
import { Engine, watchdogMS, type EngineOptions, type Recognition, type Utterance } from "../src/speech/engine.ts"
import { Sender } from "../src/speech/send.ts"
import { WireError } from "../src/wire/socket.ts"

class FakeRecognition implements Recognition {
  static made: FakeRecognition[] = []
  lang = ""
  continuous = false
  interimResults = false
  processLocally?: boolean
  onstart: (() => void) | null = null
  onend: (() => void) | null = null
  onspeechstart: (() => void) | null = null
  onspeechend: (() => void) | null = null
  onresult: ((e: any) => void) | null = null
  onerror: ((e: { error: string }) => void) | null = null
  aborted = false
  constructor() { FakeRecognition.made.push(this) }
  start() { this.onstart?.() }
  abort() { this.aborted = true }
  say(text: string, isFinal = false, confidence = 0.9) {
    this.onresult?.({ resultIndex: 0, results: [Object.assign([{ transcript: text, confidence }], { isFinal })] })
  }
}

function open(more: Partial<EngineOptions> = {}) {
  FakeRecognition.made = []
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000 })
  const heard: Utterance[] = []
  const states: string[] = []
  const engine = new Engine({
    recogniser: FakeRecognition, language: "en-GB", onDevice: false, random: () => 0.5,
    changed: (state, reason) => states.push(reason ? `${state}: ${reason.split(".")[0]}` : state), heard: u => heard.push(u), ...more,
  })
  engine.start()
  return { engine, heard, states, last: () => FakeRecognition.made.at(-1)!, made: FakeRecognition.made }
}

test("partials commit what two agree on, and share their final's segment", () => {
  const e = open()
  assert.equal(e.last().lang, "en-GB")
  e.last().onspeechstart!()
  e.last().say("we are")
  mock.timers.tick(500)
  e.last().say("We are about too")
  e.last().say("we are about to")
  e.last().say("We are about to lose.", true)
  e.last().say("next")
  assert.deepEqual(e.heard.map(u => [u.text, u.stable, u.final]), [
    ["we are", 0, false], ["We are about too", 2, false], ["we are about to", 3, false], ["We are about to lose.", 5, true], ["next", 0, false],
  ])
  assert.equal(new Set(e.heard.slice(0, 4).map(u => u.segment)).size, 1)
  assert.notEqual(e.heard[3]!.segment, e.heard[4]!.segment)
  assert.deepEqual([e.heard[3]!.began, e.heard[3]!.duration, e.heard[3]!.confidence], [1_000_000, 0.5, 0.9])
  mock.timers.reset()
})

test("it is started again when it ends, and what was not final is taken back", () => {
  const e = open()
  e.last().say("hello")
  mock.timers.tick(5_000)
  e.last().onend!()
  assert.deepEqual([e.heard.at(-1)!.text, e.heard.at(-1)!.segment], ["", e.heard[0]!.segment])
  mock.timers.tick(1)
  assert.equal(e.made.length, 2)
  // One that ends at once is tried less and less often.
  for (const wait of [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]) {
    const n: number = e.made.length
    e.last().onend!()
    mock.timers.tick(wait - 1)
    assert.equal(e.made.length, n, `${wait} ms`)
    mock.timers.tick(1)
    assert.equal(e.made.length, n + 1, `${wait} ms`)
  }
  e.engine.stop()
  mock.timers.tick(60_000)
  assert.equal(e.engine.state, "stopped")
  assert.equal(e.last().aborted, true)
  mock.timers.reset()
})

test("one that falls silent while somebody speaks is replaced", () => {
  let sound: boolean | undefined = false
  const e = open({ soundSince: () => sound })
  mock.timers.tick(watchdogMS + 2_000)
  assert.equal(e.made.length, 1)
  sound = true
  mock.timers.tick(1_000)
  assert.equal(e.made.length, 2)
  assert.equal(e.made[0]!.aborted, true)
  mock.timers.reset()
})

test("a refusal ends it with words, an outage does not", () => {
  const e = open()
  e.last().onerror!({ error: "network" })
  e.last().onend!()
  assert.match(e.states.at(-1)!, /^waiting: The browser's speech service does not answer/)
  mock.timers.tick(1_000)
  assert.equal(e.made.length, 2)
  e.last().onerror!({ error: "no-speech" })
  e.last().onerror!({ error: "not-allowed" })
  assert.match(e.states.at(-1)!, /^refused: The microphone is not allowed/)
  mock.timers.tick(60_000)
  assert.equal(e.made.length, 2)
  mock.timers.reset()
})

test("finals wait for the connection and go in order, partials do not", async () => {
  const sent: [string, any][] = []
  let away = true
  const failed: string[] = []
  const sender = new Sender((name, payload) => {
    if (away) return Promise.reject(new WireError("not_connected", "not connected"))
    if ((payload as any).text === "bad") return Promise.reject(new WireError("validation_failed", "the text is bad"))
    sent.push([name, payload])
    return Promise.resolve({})
  }, reason => failed.push(reason))
  const u = (text: string, final: boolean): Utterance => ({ segment: "s", text, stable: 1, final, began: 1_000_000, duration: 1, confidence: null })
  sender.send(u("par", false))
  for (const text of ["one", "bad", "two"]) sender.send(u(text, true))
  await new Promise(done => setTimeout(done, 5))
  assert.equal(sender.waiting, 3)
  away = false
  await sender.flush()
  assert.deepEqual(sent.map(([name, p]) => [name, p.text, p.segment_id, p.source_id]), [
    ["submit_transcription", "one", "s", "browser"], ["submit_transcription", "two", "s", "browser"],
  ])
  assert.deepEqual(sent[0]![1].metadata, { engine: "webspeech" })
  assert.equal(sent[0]![1].timestamp, "1970-01-01T00:16:40.000Z")
  assert.deepEqual(failed, ["the text is bad"])
})
