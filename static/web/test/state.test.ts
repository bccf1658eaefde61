import assert from "node:assert/strict"
import { afterEach, beforeEach, mock, test } from "node:test"
import { FakePage, Hub } from "./fake.ts"

new FakePage().install()
const { Wire } = await import("../src/wire/socket.ts")
const { followState } = await import("../src/wire/state.ts")

interface Doc { a: number; b: string }

let hub: Hub
let wire: InstanceType<typeof Wire>
let changes: [Partial<Doc>, boolean][]

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] })
  hub = new Hub()
  changes = []
  wire = new Wire({ page: "dashboard", environment: "browser", build: "", transport: hub.transport })
  wire.connect()
  followState<Doc>(wire, {
    topic: "dashboard:main", name: "dashboard", full: "initial_state", changed: (m, full) => changes.push([m, full]),
  })
  for (let i = 0; i < 20; i++) mock.timers.tick(1)
})

afterEach(() => {
  wire.disconnect()
  mock.timers.reset()
})

const full = (version: number, epoch = "e1") =>
  hub.push("dashboard:main", "initial_state", { version, epoch, connected: true, state: { a: version, b: "x" } })
const patch = (base: number, set: object, epoch = "e1") =>
  hub.push("dashboard:main", "state_patch", { state: "dashboard", epoch, base, version: base + 1, set })
const asked = () => {
  for (let i = 0; i < 5; i++) mock.timers.tick(1)
  return hub.commands("request_state").length
}

test("a full state, then the members that changed", () => {
  full(3)
  patch(3, { a: 4 })
  patch(4, { b: "y" })
  assert.deepEqual(changes, [[{ a: 3, b: "x" }, true], [{ a: 4 }, false], [{ b: "y" }, false]])
  assert.equal(asked(), 0)
})

test("a gap asks for the full state, once, and applies nothing on top of it", async () => {
  full(3)
  patch(5, { a: 99 })
  patch(6, { a: 100 })
  assert.equal(asked(), 1)
  full(7)
  patch(7, { a: 8 })
  assert.deepEqual(changes.slice(1), [[{ a: 7, b: "x" }, true], [{ a: 8 }, false]])
  assert.equal(asked(), 1)
})

test("a patch of another process asks, one that is older is left", () => {
  full(3)
  patch(1, { a: 0 })
  assert.equal(asked(), 0)
  patch(3, { a: 0 }, "e2")
  assert.equal(asked(), 1)
  assert.equal(changes.length, 1)
})

test("the patches of other documents and odd payloads are left", () => {
  full(3)
  hub.push("dashboard:main", "state_patch", { state: "queue", epoch: "e1", base: 9, version: 10, set: {} })
  hub.push("dashboard:main", "initial_state", { hello: true })
  assert.equal(changes.length, 1)
  assert.equal(asked(), 0)
})
