// How loud it is, 30 times a second, made smooth: each value rises fast and falls slowly towards the newest level, as the
// eye expects of a meter.

/** The program's push "levels" on audio:levels; all levels are dBFS. */
export interface Levels {
  source: string
  rms: number
  peak: number
  bands: number[]
}

export const bandCount = 32
/** Below this nobody speaks. */
export const silentDB = -60
const floorDB = -66
const topDB = -12
const attackMS = 24
const decayMS = 140
/** A source that says nothing for so long is not there. */
export const restMS = 1_000

/** A level as a share of the height, 0 to 1. */
export function share(db: number): number {
  return Number.isFinite(db) ? Math.min(1, Math.max(0, (db - floorDB) / (topDB - floorDB))) : 0
}

/** One step of a value to its goal in ms. */
export function ease(value: number, goal: number, ms: number): number {
  return value + (goal - value) * (1 - Math.exp(-ms / (goal > value ? attackMS : decayMS)))
}

/** Reads a push, whatever it holds. */
export function readLevels(payload: any): Levels | undefined {
  if (typeof payload?.source !== "string") return undefined
  const number = (v: unknown) => (typeof v === "number" && Number.isFinite(v) ? v : -120)
  const given: unknown[] = Array.isArray(payload.bands) ? payload.bands : []
  return {
    source: payload.source, rms: number(payload.rms), peak: number(payload.peak),
    bands: Array.from({ length: bandCount }, (_, i) => number(given[i])),
  }
}

/** The levels of several sources as one picture, or of the one that is asked for. */
export class Meter {
  readonly bands = new Float64Array(bandCount)
  rms = 0
  /** The last second's loudness, oldest first, one value per level that arrived. */
  readonly history: number[] = []
  readonly #only: string
  readonly #sources = new Map<string, { levels: Levels; at: number }>()
  #loudAt = -Infinity
  #heardAt = -Infinity

  constructor(only = "") {
    this.#only = only
  }

  /** Takes what arrived at a time; historyCap bounds the history. */
  take(levels: Levels, at: number, historyCap = 240): void {
    if (this.#only !== "" && levels.source !== this.#only) return
    this.#sources.set(levels.source, { levels, at })
    this.#heardAt = at
    if (levels.peak > silentDB) this.#loudAt = at
    if (levels.source !== this.#sources.keys().next().value) return // one of them sets the pace
    this.history.push(Math.max(...[...this.#sources.values()].map(s => share(s.levels.rms))))
    if (this.history.length > historyCap) this.history.splice(0, this.history.length - historyCap)
  }

  /** Whether there is something to draw at a time. */
  awake(at: number): boolean {
    return at - this.#loudAt < restMS && at - this.#heardAt < restMS
  }

  /** Moves the picture on by ms; at is the time now. */
  step(at: number, ms: number): void {
    const goals = new Float64Array(bandCount)
    let loudness = 0
    for (const [name, s] of this.#sources) {
      if (at - s.at > restMS) {
        this.#sources.delete(name)
        continue
      }
      loudness = Math.max(loudness, share(s.levels.rms))
      s.levels.bands.forEach((db, i) => { goals[i] = Math.max(goals[i]!, share(db)) })
    }
    this.bands.forEach((v, i) => { this.bands[i] = ease(v, goals[i]!, ms) })
    this.rms = ease(this.rms, loudness, ms)
  }

  /** Forgets everything. */
  reset(): void {
    this.bands.fill(0)
    this.rms = 0
    this.history.length = 0
    this.#sources.clear()
  }
}
