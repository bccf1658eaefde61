// What the query asks of the captions page. What it does not ask for, the size of the source decides.

export interface CaptionOptions {
  lines: number
  /** The font's size, in px. */
  size: number
  pitch: number
  /** The width of the lines, in px. */
  width: number
  margin: number
  position: "top" | "bottom"
  align: "left" | "center" | "right"
  label: boolean
  /** How long the last words stay, in ms. */
  holdMS: number
}

const unit = 12
const sizes: Record<string, number> = { small: 36, medium: 48, large: 60, huge: 72 }

const number = (text: string | null, from: number, to: number): number | undefined => {
  const n = text === null || text.trim() === "" ? NaN : Number(text.replace(/(px|s)$/, ""))
  return n >= from && n <= to ? n : undefined
}

const oneOf = <T extends string>(text: string | null, values: readonly [T, ...T[]]): T => values.find(v => v === text) ?? values[0]

/** Lines of text stand 1.5 times their size apart, on the grid. */
const pitchOf = (size: number): number => Math.ceil((size * 1.4) / unit) * unit

export function captionOptions(query: URLSearchParams, viewport: { width: number; height: number }): CaptionOptions {
  const lines = Math.round(number(query.get("lines"), 1, 3) ?? 2)
  const margin = viewport.height < 360 ? unit : 4 * unit
  const usual = viewport.width < 1200 ? 36 : 48
  const fitting = [usual, 48, 36, 24].find(s => s <= usual && pitchOf(s) * lines + margin <= viewport.height) ?? 24
  const size = sizes[query.get("size") ?? ""] ?? number(query.get("size"), 12, 240) ?? fitting
  const widest = Math.max(10 * unit, Math.floor((viewport.width - 2 * Math.max(margin, 2 * unit)) / unit) * unit)
  const asked = query.get("width")
  const share = asked?.endsWith("%") ? number(asked.slice(0, -1), 10, 100) : undefined
  // 25 times the size is about 45 letters, what a reader takes in at a glance.
  const width = share ? (viewport.width * share) / 100 : number(asked, 120, 7680) ?? 25 * size
  return {
    lines, size, pitch: pitchOf(size), margin,
    width: Math.min(widest, Math.round(width / unit) * unit),
    position: oneOf(query.get("position"), ["bottom", "top"]),
    align: oneOf(query.get("align"), ["center", "left", "right"]),
    label: ["1", "true", ""].includes(query.get("label") ?? "0"),
    holdMS: 1000 * (number(query.get("hold"), 0.5, 3600) ?? 3.5),
  }
}

const colours = ["--lime", "--sky", "--marigold", "--periwinkle", "--sage", "--buttermilk", "--mist"]

/** Gives sources colours of the palette: a name has the same one each time, unless another source has it already. */
export function sourceColours(): (source: string) => string {
  const given = new Map<string, number>()
  return source => {
    let at = given.get(source)
    if (at === undefined) {
      let hash = 7
      for (const c of source) hash = (hash * 31 + c.codePointAt(0)!) >>> 0
      at = hash % colours.length
      const used = new Set(given.values())
      for (let n = 0; n < colours.length && used.has(at); n++) at = (at + 1) % colours.length
      given.set(source, at)
    }
    return `var(${colours[at]!})`
  }
}
