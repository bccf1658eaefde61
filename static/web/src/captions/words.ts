// What a transcript's text is made of, and how it stands in lines. Breaking from the front keeps every line that is full:
// words that were added later cannot move words that are shown.

/** The smallest piece that stays on one line. */
export interface Token {
  text: string
  /** A space stands before it, unless it begins a line. */
  space: boolean
  /** The word, counted by spaces as the recogniser counts, that it belongs to. */
  word: number
}

export type Measure = (text: string) => number

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" })
const split = (text: string): string[] => [...graphemes.segment(text)].map(s => s.segment)

// Chinese and Japanese have no spaces: a line may end between any two of their characters, except around punctuation.
const ideograph = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff01-\uff65]/u
const neverFirst = /^[\p{Pe}\p{Pf}\p{Lm}、。，．：；？！…‥ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ]/u
const neverLast = /[\p{Ps}\p{Pi}]$/u

/** Cuts a text where lines may break. */
export function tokens(text: string): Token[] {
  const list: Token[] = []
  text.split(/\s+/).filter(w => w !== "").forEach((field, word) => {
    if (!ideograph.test(field)) {
      list.push({ text: field, space: true, word })
      return
    }
    let last: Token | undefined
    for (const g of split(field)) {
      const joins = last !== undefined && (neverFirst.test(g) || neverLast.test(last.text) || (!ideograph.test(g) && !ideograph.test(last.text)))
      if (joins) last!.text += g
      else list.push((last = { text: g, space: last === undefined, word }))
    }
  })
  return list
}

/** The direction of a text by its first letter, "ltr" where it has none. */
export function direction(text: string): "ltr" | "rtl" {
  const first = /\p{L}/u.exec(text)?.[0] ?? ""
  return /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(first) ? "rtl" : "ltr"
}

/** A line's text. */
export function join(line: readonly Token[]): string {
  return line.map((t, i) => (t.space && i > 0 ? " " : "") + t.text).join("")
}

// What stays the same when a recogniser changes its mind about case and punctuation.
const fold = (t: Token): string => t.text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "") || t.text

// Which token of the new text each old one became, by the longest common sequence; beginnings, which are nearly always
// the same, cost nothing.
function matches(old: Token[], now: Token[]): Map<number, number> {
  const a = old.map(fold)
  const b = now.map(fold)
  const found = new Map<number, number>()
  let from = 0
  while (from < a.length && from < b.length && a[from] === b[from]) found.set(from, from++)
  const [n, m] = [a.length - from, b.length - from]
  if (n * m > 250_000) return found
  const best = Array.from({ length: n + 1 }, () => new Uint16Array(m + 1))
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      best[i]![j] = a[from + i] === b[from + j] ? best[i + 1]![j + 1]! + 1 : Math.max(best[i + 1]![j]!, best[i]![j + 1]!)
    }
  }
  for (let i = 0, j = 0; i < n && j < m;) {
    if (a[from + i] === b[from + j]) found.set(from + i++, from + j++)
    else if (best[i + 1]![j]! >= best[i]![j + 1]!) i++
    else j++
  }
  return found
}

export interface Frame {
  /** The widest that a line may be. */
  width: number
  /** What new words leave free at the end of a line, for the capital letters and commas of the final. */
  slack: number
  /** What is taken of the first line by a text before this one. */
  taken: number
  measure: Measure
}

// A word that is wider than a line becomes several tokens.
function fitting(list: Token[], frame: Frame): Token[] {
  const room = frame.width - frame.slack
  return list.flatMap(t => {
    if (frame.measure(t.text) <= room) return [t]
    const pieces: Token[] = []
    for (const g of split(t.text)) {
      const last = pieces.at(-1)
      if (last && frame.measure(last.text + g) <= room) last.text += g
      else pieces.push({ text: g, space: t.space && !last, word: t.word })
    }
    return pieces
  })
}

/** Breaks a text into lines; words that were in the lines before stay in theirs as long as they fit. */
export function lay(list: Token[], before: Token[][], frame: Frame): Token[][] {
  const now = fitting(list, frame)
  const began = new Set<number>() // tokens that began a line
  const inside = new Set<number>() // tokens that followed another one in a line
  const old = before.flat()
  const found = matches(old, now)
  let at = 0
  before.forEach((line, i) => {
    line.forEach((_, j) => {
      const became = found.get(at++)
      if (became === undefined) return
      if (j > 0) inside.add(became)
      else if (i > 0) began.add(became)
    })
  })
  const lines: Token[][] = []
  let line: Token[] = []
  let keep = true
  const room = () => frame.width - (lines.length === 0 ? frame.taken : 0)
  now.forEach((token, i) => {
    const width = frame.measure(join([...line, token]))
    const fits = width <= room() - (keep && inside.has(i) ? 0 : frame.slack)
    if (line.length === 0 && (fits || frame.taken === 0 || lines.length > 0)) {
      line.push(token)
      return
    }
    const asBefore = keep && began.has(i) && frame.measure(join(line)) > room() / 2
    if (fits && !asBefore) {
      line.push(token)
      return
    }
    // A break where there was none moves what follows; the breaks after it mean nothing any more.
    if (!asBefore && inside.has(i)) keep = false
    lines.push(line)
    line = [token]
  })
  lines.push(line)
  return lines
}
