import assert from "node:assert/strict"
import { test } from "node:test"
import { bandCount, ease, Meter, readLevels, share } from "../src/audio/levels.ts"

const level = (db: number, source = "mic") => readLevels({ source, rms: db, peak: db + 6, bands: Array(bandCount).fill(db) })!

test("a level is a share of the height", () => {
  for (const [db, want] of [[-120, 0], [-66, 0], [-39, 0.5], [-12, 1], [0, 1], [NaN, 0], [-Infinity, 0]] as const) assert.equal(share(db), want)
})

test("a level rises fast and falls slowly, at any rate of frames", () => {
  const run = (from: number, to: number, ms: number, step: number) => {
    let v = from
    for (let t = 0; t < ms; t += step) v = ease(v, to, step)
    return v
  }
  assert.ok(run(0, 1, 96, 16) > 0.95)
  assert.ok(run(1, 0, 96, 16) > 0.4)
  assert.ok(Math.abs(run(0, 1, 48, 16) - run(0, 1, 48, 8)) < 1e-9)
})

test("what is no level is silence", () => {
  for (const bad of [null, 1, {}, { source: 1 }]) assert.equal(readLevels(bad), undefined)
  const odd = readLevels({ source: "mic", rms: "loud", bands: [1, null, "x"] })!
  assert.equal(odd.bands.length, bandCount)
  assert.ok(odd.rms <= -60 && odd.bands[1]! <= -60)
})

test("a meter sleeps in silence and when nothing comes", () => {
  const m = new Meter()
  assert.equal(m.awake(0), false)
  m.take(level(-20), 0)
  assert.equal(m.awake(999), true)
  assert.equal(m.awake(1001), false)
  m.take(level(-90), 1500)
  assert.equal(m.awake(1500), false)
  const other = new Meter("mic")
  other.take(level(-20, "game"), 0)
  assert.equal(other.awake(0), false)
})

test("several sources are one picture, and one that went away leaves it", () => {
  const m = new Meter()
  m.take(level(-39, "mic"), 0)
  m.take(level(-12, "game"), 0)
  m.step(0, 1000)
  assert.ok(m.bands[0]! > 0.99)
  m.take(level(-39, "mic"), 1500)
  m.step(1500, 5000)
  assert.ok(Math.abs(m.bands[0]! - 0.5) < 0.01)
  assert.equal(m.history.length, 2)
})
