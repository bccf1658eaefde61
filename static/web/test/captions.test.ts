import assert from "node:assert/strict"
import { test } from "node:test"
import { captionOptions, sourceColours } from "../src/captions/options.ts"
import { direction, join, lay, tokens, type Token } from "../src/captions/words.ts"

// A letter is one wide: widths in the tests are letters.
const frame = (width: number, more: object = {}) => ({ width, slack: 0, taken: 0, measure: (t: string) => [...t].length, ...more })
const read = (lines: Token[][]) => lines.map(join)

test("a text breaks where it may", () => {
  const rows: [string, number, string[]][] = [
    ["we are about to lose", 12, ["we are about", "to lose"]],
    ["  odd   spaces\there ", 40, ["odd spaces here"]],
    ["Donaudampfschiff", 6, ["Donaud", "ampfsc", "hiff"]],
    ["so Donaudampfschiff it is", 8, ["so", "Donaudam", "pfschiff", "it is"]],
    ["日本語の字幕です。続く", 8, ["日本語の字幕で", "す。続く"]],
    ["彼は「はい」と言った", 3, ["彼は", "「は", "い」と", "言った"]],
    ["OBSは30です", 4, ["OBSは", "30です"]],
    ["👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 7, ["👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"]],
  ]
  for (const [text, width, want] of rows) assert.deepEqual(read(lay(tokens(text), [], frame(width))), want, text)
})

test("words that were added move none", () => {
  const words = "okay so the plan is to skip the forest and pick up the repel and hope".split(" ")
  let before: Token[][] = []
  const starts = new Map<number, number>()
  for (let n = 1; n <= words.length; n++) {
    before = lay(tokens(words.slice(0, n).join(" ")), before, frame(20, { slack: 3 }))
    before.forEach((line, i) => line.forEach(t => {
      assert.equal(starts.get(t.word) ?? i, i, words[t.word])
      starts.set(t.word, i)
    }))
  }
})

test("a final keeps the lines of its partial", () => {
  const partial = lay(tokens("so we are about to loose it all"), [], frame(20, { slack: 2 }))
  assert.deepEqual(read(partial), ["so we are about to", "loose it all"])
  // Two commas more need the slack, and the misheard word is another one.
  const final = lay(tokens("So, we are about, to lose it all."), partial, frame(20, { slack: 2 }))
  assert.deepEqual(read(final), ["So, we are about, to", "lose it all."])
  // What no longer fits moves down, and what follows with it.
  const longer = lay(tokens("So now, we are really about, to lose it all."), partial, frame(20, { slack: 2 }))
  assert.deepEqual(read(longer), ["So now, we are", "really about, to", "lose it all."])
})

test("an utterance goes on in the line of the one before", () => {
  assert.deepEqual(read(lay(tokens("and then some"), [], frame(20, { taken: 10 }))), ["and then", "some"])
  assert.deepEqual(read(lay(tokens("understatement"), [], frame(20, { taken: 10 }))), ["", "understatement"])
})

test("the direction is that of the first letter", () => {
  for (const [text, want] of [["hello", "ltr"], ["31 שלום OBS", "rtl"], ["OBS שלום", "ltr"], ["مرحبا", "rtl"], ["…12", "ltr"], ["", "ltr"]] as const) {
    assert.equal(direction(text), want, text)
  }
})

test("the source's size decides what the query does not", () => {
  const of = (query: string, width: number, height: number) => {
    const o = captionOptions(new URLSearchParams(query), { width, height })
    return [o.lines, o.size, o.pitch, o.width, o.margin, o.position, o.align, o.label, o.holdMS]
  }
  assert.deepEqual(of("", 1920, 1080), [2, 48, 72, 1200, 48, "bottom", "center", false, 3500])
  assert.deepEqual(of("", 1920, 200), [2, 48, 72, 1200, 12, "bottom", "center", false, 3500])
  assert.deepEqual(of("lines=3", 1920, 200), [3, 36, 60, 900, 12, "bottom", "center", false, 3500])
  assert.deepEqual(of("", 800, 200), [2, 36, 60, 744, 12, "bottom", "center", false, 3500])
  assert.deepEqual(of("lines=9&size=huge&width=50%&position=top&align=right&label=1&hold=10", 1920, 1080), [2, 72, 108, 960, 48, "top", "right", true, 10_000])
  assert.deepEqual(of("lines=x&size=-1&width=&position=up&align=&label=0&hold=", 1920, 1080), [2, 48, 72, 1200, 48, "bottom", "center", false, 3500])
})

test("sources have different colours", () => {
  const colour = sourceColours()
  const names = ["mic", "Ellie", "game", "desktop", "guest 1", "guest 2", "guest 3"]
  assert.equal(new Set(names.map(colour)).size, names.length)
  assert.equal(colour("mic"), sourceColours()("mic"))
})
