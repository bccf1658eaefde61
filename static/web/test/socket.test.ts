import assert from "node:assert/strict"
import { afterEach, beforeEach, mock, test } from "node:test"
import { FakePage, Hub } from "./fake.ts"

const page = new FakePage()
page.install()
const { Wire, WireError, backoffMS } = await import("../src/wire/socket.ts")
type WireOptions = import("../src/wire/socket.ts").WireOptions
type AnyEvent = import("../src/wire/events.ts").AnyEvent

let hub: Hub
let wires: InstanceType<typeof Wire>[]

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] })
  page.visibilityState = "visible"
  hub = new Hub()
  wires = []
})

afterEach(() => {
  for (const w of wires) w.disconnect()
  mock.timers.reset()
})

// Lets the given time pass, a millisecond at a time, and what was promised in between.
async function pass(ms: number): Promise<void> {
  for (let i = 0; i < ms; i++) {
    mock.timers.tick(1)
    if (i % 16 === 0) await Promise.resolve()
  }
  for (let i = 0; i < 8; i++) await Promise.resolve()
}

function open(options: Partial<WireOptions> = {}) {
  const wire = new Wire({
    page: "status", environment: "obs", build: "b1", transport: hub.transport, ...options,
  })
  wires.push(wire)
  wire.connect()
  return wire
}

const event = (seq: string, id = "id" + seq): AnyEvent => ({
  id, seq, type: "channel.follow", timestamp: "2026-11-24T20:00:00.000Z", correlation_id: id, source: "twitch", source_id: "", raw_type: "channel.follow",
})

test("says who it is when it connects", async () => {
  const wire = open()
  await pass(10)
  const query = new URL(hub.sockets[0]!.url).searchParams
  assert.equal(query.get("vsn"), "2.0.0")
  assert.equal(query.get("page"), "status")
  assert.equal(query.get("environment"), "obs")
  assert.equal(query.get("build"), "b1")
  assert.match(query.get("correlation_id")!, /^overlay-status-\d+-[0-9a-f]{8}$/)
  assert.equal(query.get("correlation_id"), wire.correlationID)
  assert.equal(wire.status.state, "connected")
})

test("joins a topic once for all who listen, and leaves it with the last", async () => {
  const wire = open()
  const seen: string[] = []
  const a = wire.join("events:all", { pushes: { hello: () => seen.push("a") } })
  const b = wire.join("events:all", { pushes: { hello: () => seen.push("b") } })
  await pass(20)
  assert.equal(hub.commands("phx_join").length, 1)
  assert.equal(hub.sockets.length, 1)
  hub.push("events:all", "hello", {})
  assert.deepEqual(seen, ["a", "b"])
  a.leave()
  a.leave() // twice is harmless and does not count for b
  hub.push("events:all", "hello", {})
  assert.deepEqual(seen, ["a", "b", "b"])
  assert.equal(hub.commands("phx_leave").length, 0)
  b.leave()
  await pass(10)
  assert.equal(hub.commands("phx_leave").length, 1)
})

test("joins with batches and patches, and goes on from the newest seq of each topic", async () => {
  hub.join = topic => ({ epoch: "e1", seq: topic === "events:all" ? "99" : "7", resumed: false, reset: false })
  const wire = open()
  const joined: boolean[] = []
  wire.join("events:all", { joined: j => joined.push(j.first) })
  wire.join("stream:overlays", {})
  await pass(20)
  assert.deepEqual(hub.commands("phx_join")[0], { batch: true, patches: true })
  hub.push("events:all", "events", { events: [event("100"), event("1000")] })
  hub.drop()
  await pass(1_000)
  const again = hub.frames.filter(f => f[3] === "phx_join").slice(2)
  assert.deepEqual(again.find(f => f[2] === "events:all")![4], { batch: true, patches: true, epoch: "e1", since: "1000" })
  assert.deepEqual(again.find(f => f[2] === "stream:overlays")![4], { batch: true, patches: true, epoch: "e1", since: "7" })
  assert.deepEqual(joined, [true, false])
})

test("a resume that breaks off goes on where it broke off, not at the end", async () => {
  const wire = open()
  wire.join("events:all", {})
  await pass(20)
  hub.join = () => ({ epoch: "e2", seq: "500", resumed: true, reset: false })
  hub.drop()
  await pass(1_000)
  hub.push("events:all", "events", { events: [event("101")] }) // of 400
  hub.drop()
  await pass(2_000)
  assert.equal(hub.commands("phx_join").at(-1).since, "101")
})

test("gives each event once, also when it is replayed", async () => {
  const wire = open()
  const ids: string[] = []
  wire.join("events:all", { events: events => ids.push(...events.map(e => e.id)) })
  await pass(20)
  hub.push("events:all", "events", { events: [event("101"), event("102")] })
  hub.push("events:all", "events", { events: [event("102"), event("103")] })
  hub.push("events:all", "events", { events: "not a list" })
  assert.deepEqual(ids, ["id101", "id102", "id103"])
})

test("reconnects for ever, doubling from 0.25 s to 5 s", async () => {
  const wire = open()
  await pass(20)
  hub.up = false
  hub.drop()
  assert.equal(wire.status.state, "lost")
  await pass(300_000)
  const attempts = hub.sockets.length - 1
  assert.ok(attempts >= 300 / 6.3 && attempts <= 300 / 3.7 + 8, `got ${attempts} attempts in 5 min`)
  hub.up = true
  await pass(6_500)
  assert.equal(wire.status.state, "connected")
  assert.equal(wire.status.reconnects, 1)
})

test("the wait is spread by a quarter", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 50].map(n => backoffMS(n, () => 0.5)), [250, 500, 1000, 2000, 4000, 5000, 5000])
  assert.equal(backoffMS(1, () => 0), 188)
  assert.equal(backoffMS(9, () => 1), 6250)
})

// The stock client stops at "page is hidden": a browser source that is not on screen stayed dead until it was shown.
test("reconnects while the page is hidden", async () => {
  const wire = open()
  await pass(20)
  page.visibilityState = "hidden"
  page.fire("visibilitychange")
  hub.drop()
  await pass(1_000)
  assert.equal(wire.status.state, "connected")
  assert.equal(hub.open, 1)
})

test("reconnects at once when the network or the page comes back", async () => {
  const wire = open()
  await pass(20)
  hub.up = false
  hub.drop()
  await pass(60_000)
  hub.up = true
  page.fire("online")
  await pass(20)
  assert.equal(wire.status.state, "connected")
})

test("a connection that fell silent is given up after a missed heartbeat", async () => {
  const wire = open()
  wire.join("events:all", {})
  await pass(20)
  hub.live!.silent = true
  await pass(31_000)
  assert.equal(wire.status.state, "lost")
  await pass(5_000)
  assert.equal(wire.status.state, "connected")
  assert.equal(hub.commands("phx_join").length, 2)
})

test("sends a heartbeat every 15 s", async () => {
  open()
  await pass(2_000) // the first measure of the round trip is one as well
  const before = hub.commands("heartbeat").length
  await pass(27_000)
  assert.equal(hub.commands("heartbeat").length - before, 1)
})

test("a command gets the data of its reply or what is wrong", async () => {
  const wire = open()
  const topic = wire.join("dashboard:services", {})
  await pass(20)
  hub.command = (_t, name) => name === "restart"
    ? { status: "ok", response: { success: true, data: { state: "starting" } } }
    : { status: "error", response: { success: false, error: { code: "unknown_command", message: "no such command", details: { a: 1 } } } }
  const good = topic.push("restart", { service: "audio" })
  const bad = topic.push("dance").catch((e: unknown) => e)
  await pass(10)
  assert.deepEqual(await good, { state: "starting" })
  const error = await bad
  assert.ok(error instanceof WireError)
  assert.deepEqual([error.code, error.message, error.details], ["unknown_command", "no such command", { a: 1 }])
})

test("a command without an answer ends after 5 s", async () => {
  const wire = open()
  const topic = wire.join("dashboard:services", {})
  await pass(20)
  hub.command = () => undefined
  const answer = topic.push("restart").catch((e: { code: string }) => e.code)
  await pass(5_010)
  assert.equal(await answer, "timeout")
})

// The stock client keeps a push for later: a restart that was clicked during an outage fired a minute after.
test("a command is refused at once while offline and never sent late", async () => {
  const wire = open()
  const topic = wire.join("dashboard:services", {})
  await assert.rejects(topic.push("restart"), { code: "not_connected", message: "not connected" })
  await pass(20)
  hub.command = () => undefined
  const cut = topic.push("restart", { service: "audio" }).catch((e: { code: string }) => e.code)
  hub.drop() // before it was read
  hub.frames = []
  await pass(5)
  assert.equal(await cut, "not_connected")
  await assert.rejects(topic.push("restart"), { code: "not_connected" })
  await pass(20_000)
  assert.equal(wire.status.state, "connected")
  assert.equal(topic.joined, true)
  assert.equal(hub.commands("restart").length, 0)
})

test("measures the round trip and reports it on a joined topic", async () => {
  const wire = open()
  wire.join("events:all", {})
  await pass(1_050)
  assert.equal(typeof wire.status.latency?.last, "number")
  assert.equal(hub.commands("latency").length, 1)
  await pass(60_000)
  assert.equal(hub.commands("latency").length, 3)
})

test("a page of another build reloads once, and not while it is busy", async () => {
  let busy = true
  let reloads = 0
  const kept = new Map<string, string>()
  const memory = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) }
  const options = { busy: () => busy, reload: () => { reloads++ }, memory }
  hub.join = () => ({ epoch: "e1", seq: "1", build: "b2" })
  const wire = open(options)
  wire.join("events:all", {})
  await pass(5_000)
  assert.equal(wire.status.outdated, true)
  assert.equal(reloads, 0)
  busy = false
  await pass(1_100)
  assert.equal(reloads, 1)
  // The reloaded page is still another one: it says so and stays.
  const second = open(options)
  second.join("events:all", {})
  await pass(5_000)
  assert.equal(second.status.outdated, true)
  assert.equal(reloads, 1)
})

test("a topic that the program ended is joined again", async () => {
  const wire = open()
  const topic = wire.join("events:all", {})
  await pass(20)
  hub.push("events:all", "phx_close", {})
  assert.equal(topic.joined, false)
  await pass(1_500)
  assert.equal(topic.joined, true)
})

test("a refused join is tried again and harms no other topic", async () => {
  const wire = open()
  const good = wire.join("events:all", {})
  const receive = hub.receive.bind(hub)
  hub.receive = (socket, frame) => {
    if (frame[3] === "phx_join" && frame[2] === "events:new") {
      hub.frames.push(frame)
      socket.deliver([frame[0], frame[1], frame[2], "phx_reply", { status: "error", response: { reason: "unknown topic" } }])
      return
    }
    receive(socket, frame)
  }
  const bad = wire.join("events:new", {})
  await pass(10_000)
  assert.equal(good.joined, true)
  assert.equal(bad.joined, false)
  assert.ok(hub.frames.filter(f => f[2] === "events:new").length > 2)
})
