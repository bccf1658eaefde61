// The lines on screen. A line has a slot and stays in it; when all are taken the oldest leaves and the others move up,
// once. Words keep their elements, so what has not changed is not touched.

import * as motion from "../motion.ts"
import { direction, lay, tokens, type Measure, type Token } from "./words.ts"

export interface StageOptions {
  lines: number
  /** The widest that the words of a line may be, in px. */
  width: number
  /** The distance from line to line, in px. */
  pitch: number
  /** What new words leave free at a line's end, in px. */
  slack: number
  measure: Measure
  /** The name to put beside what a source says; absent where names are not wanted. */
  label?: (source: string) => string
  colour: (source: string) => string
}

export interface Said {
  id: string
  source: string
  text: string
  /** How many words, from the first, will not change before the final. */
  stable: number
  final: boolean
}

interface Segment extends Said {
  lines: Token[][]
  /** The row of each line; null for one that has left. */
  rows: (Row | null)[]
  /** What the utterance before takes of the first line. */
  taken: number
  dir: "ltr" | "rtl"
}

interface Row {
  element: HTMLElement
  plate: HTMLElement
  pieces: Map<Segment, HTMLElement>
  source: string
  dir: "ltr" | "rtl"
  slot: number
}

const enter = { opacity: 1, duration: 0.15 }
const leave = { opacity: 0, duration: 0.2 }
const roll = { duration: 0.2 }
const travel = 12
/** A line that is fuller than this is not continued by the next utterance. */
const continuable = 0.6
const rememberedFinals = 50

export class Stage {
  readonly #root: HTMLElement
  readonly #options: StageOptions
  readonly #segments = new Map<string, Segment>()
  #rows: Row[] = []
  /** Segments that have ended and left; a repeat or a correction does not bring them back. */
  #past: string[] = []

  constructor(root: HTMLElement, options: StageOptions) {
    this.#root = root
    this.#options = options
  }

  /** Whether anything is shown. */
  get busy(): boolean {
    return this.#rows.length > 0
  }

  /** Whether something of the segment is known here. */
  has(id: string): boolean {
    return this.#segments.has(id)
  }

  /** The segment of the source that has no final yet. */
  open(source: string): string | undefined {
    for (const s of this.#segments.values()) if (s.source === source && !s.final) return s.id
    return undefined
  }

  /** Shows a text, in the place of what the segment said before. */
  say(said: Said): void {
    let s = this.#segments.get(said.id)
    if (this.#past.includes(said.id) || (s?.final && !said.final)) return
    const words = tokens(said.text)
    if (words.length === 0) return this.takeBack(said.id)
    if (s) Object.assign(s, said)
    else this.#segments.set(said.id, (s = this.#begin(said)))
    s.lines = lay(words, s.lines, { ...this.#options, taken: s.taken })
    this.#place(s)
    s.lines.forEach((line, i) => {
      const row = s.rows[i]
      if (row) this.#fill(row, s, line)
    })
    if (s.final && s.rows.every(r => r === null)) this.#forget(s)
  }

  /** Removes what the segment said. */
  takeBack(id: string): void {
    const s = this.#segments.get(id)
    if (!s) return
    s.rows.forEach(row => row && this.#empty(row, s))
    this.#segments.delete(id)
  }

  /** Lets everything leave. */
  clear(): void {
    for (const row of this.#rows.slice()) this.#leave(row)
    for (const s of [...this.#segments.values()]) this.#forget(s)
  }

  #begin(said: Said): Segment {
    const s: Segment = { ...said, lines: [], rows: [], taken: 0, dir: direction(said.text) }
    const last = this.#rows.at(-1)
    const neighbour = last && [...last.pieces.keys()].at(-1)
    if (last && neighbour?.final && last.source === s.source && last.dir === s.dir) {
      const taken = this.#options.measure(last.plate.textContent + " ")
      if (taken <= this.#options.width * continuable) {
        s.taken = taken
        s.rows = [last]
      }
    }
    return s
  }

  // Gives each line a row, in order, and takes away rows without a line.
  #place(s: Segment): void {
    for (const row of s.rows.splice(s.lines.length)) if (row) this.#empty(row, s)
    for (let n = s.lines.length - s.rows.length; n > 0; n--) {
      // Of a long text that comes at once only the end is shown.
      const row = n > this.#options.lines ? null : this.#addRow(s)
      s.rows.push(row)
    }
  }

  #addRow(s: Segment): Row {
    const { lines, pitch } = this.#options
    let slot = (this.#rows.at(-1)?.slot ?? -1) + 1
    const before = this.#rows.at(-1)?.source
    if (slot >= lines) {
      while (this.#rows.length >= lines) this.#leave(this.#rows[0]!, pitch)
      this.#rows.forEach((row, i) => {
        if (row.slot === i) return
        row.slot = i
        motion.to(row.element, { y: i * pitch, opacity: 1, ...roll })
      })
      slot = this.#rows.length
    }
    const element = document.createElement("div")
    element.className = "caption"
    element.dir = s.dir
    element.dataset.source = s.source
    element.style.setProperty("--source", this.#options.colour(s.source))
    if (this.#options.label) {
      const label = document.createElement("span")
      label.className = "caption-label"
      const name = before === s.source ? "" : this.#options.label(s.source)
      if (name) {
        const chip = document.createElement("bdi")
        chip.className = "caption-name"
        chip.textContent = name
        label.append(chip)
      }
      element.append(label)
    }
    const plate = document.createElement("span")
    plate.className = "caption-plate"
    element.append(plate)
    this.#root.append(element)
    motion.set(element, { opacity: 0, y: slot * pitch + travel })
    motion.to(element, { ...enter, y: slot * pitch })
    const row: Row = { element, plate, pieces: new Map(), source: s.source, dir: s.dir, slot }
    this.#rows.push(row)
    return row
  }

  #fill(row: Row, s: Segment, line: Token[]): void {
    let piece = row.pieces.get(s)
    if (!piece) {
      piece = document.createElement("span")
      piece.className = "caption-piece"
      row.pieces.set(s, piece)
      row.plate.append(piece)
    }
    piece.dataset.segment = s.id
    piece.dataset.final = String(s.final)
    const follows = piece !== row.plate.querySelector(".caption-piece")
    line.forEach((token, i) => {
      const text = (token.space && (i > 0 || follows) ? " " : "") + token.text
      const stable = String(s.final || token.word < s.stable)
      let word = piece.children[i] as HTMLElement | undefined
      if (!word) {
        word = document.createElement("span")
        word.className = "caption-word"
        piece.append(word)
      }
      if (word.textContent !== text) word.textContent = text
      if (word.dataset.stable !== stable) word.dataset.stable = stable
    })
    while (piece.children.length > line.length) piece.lastElementChild!.remove()
  }

  // Takes what a segment said out of a row; a row that says nothing leaves.
  #empty(row: Row, s: Segment): void {
    if (row.pieces.size === 1 && row.pieces.has(s)) return this.#leave(row)
    row.pieces.get(s)?.remove()
    row.pieces.delete(s)
  }

  // Lets a row go, upwards by so many px.
  #leave(row: Row, by = travel): void {
    this.#rows = this.#rows.filter(r => r !== row)
    for (const s of row.pieces.keys()) {
      s.rows = s.rows.map(r => (r === row ? null : r))
      if (s.final && s.rows.every(r => r === null)) this.#forget(s)
    }
    row.element.dataset.state = "leaving"
    const { element } = row
    void motion.to(element, { ...leave, y: row.slot * this.#options.pitch - by }).ended.then(() => element.remove())
  }

  #forget(s: Segment): void {
    this.#segments.delete(s.id)
    if (!s.final) return
    this.#past.push(s.id)
    if (this.#past.length > rememberedFinals) this.#past.shift()
  }
}
