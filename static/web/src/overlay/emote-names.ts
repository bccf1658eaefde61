// The emotes of Twitch and others by name, from the program's own manifest. It is asked for when it is first needed.

interface Named {
  provider: string
  id: string
  name: string
  zero_width?: boolean
}

export interface EmoteImage {
  src: string
  name: string
  zeroWidth: boolean
}

/** Where the image of one of Twitch's emotes is. */
export function twitchEmote(id: string): string {
  return `/emotes/twitch/${encodeURIComponent(id)}`
}

const retryMS = 300_000

export class EmoteNames {
  #names = new Map<string, EmoteImage>()
  #asked = -retryMS
  #known: () => void

  /** known is called when the manifest has arrived. */
  constructor(known: () => void = () => {}) {
    this.#known = known
  }

  find(name: string): EmoteImage | undefined {
    this.#ask()
    return this.#names.get(name)
  }

  #ask(): void {
    if (performance.now() - this.#asked < retryMS) return
    this.#asked = performance.now()
    void fetch("/emotes/manifest.json").then(async answer => {
      if (!answer.ok) return
      const all: unknown = await answer.json()
      if (!Array.isArray(all)) return
      this.#asked = Infinity
      const names = new Map<string, EmoteImage>()
      for (const e of all as Named[]) {
        if (typeof e?.name !== "string" || typeof e.id !== "string" || names.has(e.name)) continue
        names.set(e.name, { src: `/emotes/${encodeURIComponent(e.provider)}/${encodeURIComponent(e.id)}`, name: e.name, zeroWidth: e.zero_width === true })
      }
      this.#names = names
      this.#known()
    }).catch(() => {}) // asked again later
  }
}
