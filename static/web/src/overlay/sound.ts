// The sounds of alerts. Each has three instances ready, so that one that still rings does not hold up the next. Volume and
// mute of this page are remembered; those of the program come on top.

const instances = 3
const fadeSteps = 4
const fadeStepMS = 40

/** The sounds that come with the program. */
export const builtinSounds = ["follow", "subscribe", "gift", "cheer", "raid", "redemption", "hype-train", "charity", "goal", "checkpoint"]

export interface SoundStatus {
  volume: number
  muted: boolean
  state: "ready" | "blocked"
  sounds: Record<string, "loading" | "ready" | "missing">
}

/**
 * The address of a sound by the name that rules give it, "" for one that cannot be: "follow" comes with the program,
 * "custom/horn.mp3" is the streamer's own.
 */
export function soundAddress(name: string): string {
  if (!/^[\w-][\w. -]*(\/[\w-][\w. -]*)*$/.test(name)) return ""
  return (name.startsWith("custom/") ? "/" : "/sounds/") + name.split("/").map(encodeURIComponent).join("/") + (/\.\w+$/.test(name) ? "" : ".ogg")
}

export class SoundBoard {
  readonly #pools = new Map<string, HTMLAudioElement[]>()
  readonly #state = new Map<string, "loading" | "ready" | "missing">()
  readonly #playing = new Map<string, HTMLAudioElement>()
  readonly #memory: Storage
  #volume: number
  #muted: boolean
  #silenced = false

  constructor(memory: Storage = localStorage) {
    this.#memory = memory
    const volume = Number(memory.getItem("landale-volume") ?? 1)
    this.#volume = volume >= 0 && volume <= 1 ? volume : 1
    this.#muted = memory.getItem("landale-muted") === "true"
    document.documentElement.dataset.sound = "ready"
  }

  /** Loads sounds before they are wanted. */
  preload(names: readonly string[]): void {
    for (const name of names) this.#pool(name)
  }

  /** Plays a sound for an item at a volume from 0 to 1. */
  play(item: string, name: string, volume = 1): void {
    const audio = this.#free(name)
    if (!audio || this.silent) return
    audio.volume = Math.min(1, Math.max(0, volume)) * this.#volume
    audio.currentTime = 0
    this.#playing.set(item, audio)
    audio.play().catch((cause: Error) => {
      this.#playing.delete(item)
      if (cause.name === "NotAllowedError") this.#blocked()
    })
  }

  /** Ends the sound of an item, or of all, within a sixth of a second. */
  stop(item?: string): void {
    for (const [id, audio] of [...this.#playing]) {
      if (item !== undefined && id !== item) continue
      this.#playing.delete(id)
      if (audio.paused) continue
      const step = audio.volume / fadeSteps
      const fade = setInterval(() => {
        if (audio.volume > step * 1.5) audio.volume -= step
        else {
          audio.pause()
          clearInterval(fade)
        }
      }, fadeStepMS)
    }
  }

  get silent(): boolean {
    return this.#muted || this.#silenced
  }

  /** The program's word on whether anything may be heard. */
  silence(on: boolean): void {
    this.#silenced = on
    if (on) this.stop()
  }

  volume(value?: number): number {
    if (value !== undefined && value >= 0 && value <= 1) {
      this.#volume = value
      this.#memory.setItem("landale-volume", String(value))
    }
    return this.#volume
  }

  mute(on = true): boolean {
    this.#muted = on
    this.#memory.setItem("landale-muted", String(on))
    if (on) this.stop()
    return on
  }

  get status(): SoundStatus {
    return {
      volume: this.#volume, muted: this.silent, state: document.documentElement.dataset.sound === "blocked" ? "blocked" : "ready",
      sounds: Object.fromEntries(this.#state),
    }
  }

  #pool(name: string): HTMLAudioElement[] {
    let pool = this.#pools.get(name)
    const src = soundAddress(name)
    if (pool || src === "") return pool ?? []
    pool = Array.from({ length: instances }, () => {
      const audio = new Audio()
      audio.preload = "auto"
      audio.src = src
      return audio
    })
    this.#state.set(name, "loading")
    pool[0]!.addEventListener("canplaythrough", () => this.#state.set(name, "ready"), { once: true })
    pool[0]!.addEventListener("error", () => this.#state.set(name, "missing"), { once: true })
    this.#pools.set(name, pool)
    return pool
  }

  // One that is silent, or else the one that has rung longest.
  #free(name: string): HTMLAudioElement | undefined {
    const pool = this.#pool(name)
    return pool.find(a => a.paused || a.ended) ?? [...pool].sort((a, b) => b.currentTime - a.currentTime)[0]
  }

  // A browser wants a click before a page may be heard; OBS does not.
  #blocked(): void {
    const root = document.documentElement
    if (root.dataset.sound === "blocked") return
    root.dataset.sound = "blocked"
    const unlock = () => {
      root.dataset.sound = "ready"
      removeEventListener("pointerdown", unlock)
      removeEventListener("keydown", unlock)
    }
    addEventListener("pointerdown", unlock)
    addEventListener("keydown", unlock)
  }
}
