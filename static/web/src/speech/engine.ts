// The browser's own recogniser, kept going. It ends after a while of silence, after a minute of speech, and now and then
// falls silent without a word; as long as it is wanted it is started again.

/** What this page uses of the Web Speech API. */
export interface Recognition {
  lang: string
  continuous: boolean
  interimResults: boolean
  processLocally?: boolean
  onstart: (() => void) | null
  onend: (() => void) | null
  onspeechstart: (() => void) | null
  onspeechend: (() => void) | null
  onresult: ((e: ResultEvent) => void) | null
  onerror: ((e: { error: string }) => void) | null
  start(): void
  abort(): void
}

export interface ResultEvent {
  resultIndex: number
  results: ArrayLike<ArrayLike<{ transcript: string; confidence: number }> & { isFinal: boolean }>
}

export interface RecognitionClass {
  new (): Recognition
  available?(options: { langs: string[]; processLocally: boolean }): Promise<"available" | "downloadable" | "downloading" | "unavailable">
  install?(options: { langs: string[]; processLocally: boolean }): Promise<boolean>
}

export type EngineState = "stopped" | "starting" | "listening" | "speech" | "waiting" | "refused"

export interface Utterance {
  segment: string
  text: string
  /** How many words, from the first, two hypotheses in a row agree on. */
  stable: number
  final: boolean
  /** When it began, in ms since 1970. */
  began: number
  /** Seconds of speech. */
  duration: number
  confidence: number | null
}

export interface EngineOptions {
  recogniser: RecognitionClass
  language: string
  onDevice: boolean
  changed: (state: EngineState, reason: string) => void
  heard: (utterance: Utterance) => void
  /** Whether there was sound since a time, as far as the page can tell; undefined where it has no meter. */
  soundSince?: (time: number) => boolean | undefined
  random?: () => number
}

/** After so long without a sign while somebody speaks, it is started anew. */
export const watchdogMS = 8_000
const shortestMS = 250
const longestMS = 5_000

/** What an error means, for who has to do something about it; "" for one that heals by itself. */
export function explain(error: string): { words: string; final: boolean } {
  switch (error) {
    case "not-allowed":
      return { words: "The microphone is not allowed. Click the icon in front of the address, allow the microphone for this page, and start again.", final: true }
    case "service-not-allowed":
      return { words: "This browser does not allow its speech service here. Use Chrome or Edge, and open the page as http://localhost:7175/speech.", final: true }
    case "audio-capture":
      return { words: "There is no microphone. Connect one, choose it in the browser's settings, and start again.", final: true }
    case "language-not-supported":
      return { words: "The browser does not recognise this language. Set another one in config.toml: audio.language.", final: true }
    case "network":
      return { words: "The browser's speech service does not answer. Trying again.", final: false }
    default:
      return { words: "", final: false }
  }
}

const words = (text: string): string[] => text.split(/\s+/).filter(w => w !== "")
const fold = (word: string): string => word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "")

export class Engine {
  readonly #options: EngineOptions
  readonly #run = Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, "0")
  #recognition: Recognition | undefined
  #wanted = false
  #state: EngineState = "stopped"
  #failures = 0
  #startedAt = 0
  #signAt = 0
  #restart: ReturnType<typeof setTimeout> | undefined
  #watchdog: ReturnType<typeof setInterval> | undefined
  #number = 0
  #began = 0
  #before: string[] = []
  #stable = 0

  constructor(options: EngineOptions) {
    this.#options = options
  }

  get state(): EngineState {
    return this.#state
  }

  start(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.#failures = 0
    this.#watchdog = setInterval(() => this.#watch(), 1_000)
    this.#open()
  }

  /** Stops; what was not final is taken back. */
  stop(): void {
    this.#wanted = false
    this.#close()
    this.#set("stopped")
  }

  #close(): void {
    clearTimeout(this.#restart)
    clearInterval(this.#watchdog)
    this.#drop()
    this.#takeBack()
  }

  // Lets go of the recogniser without hearing from it again.
  #drop(): void {
    const r = this.#recognition
    this.#recognition = undefined
    if (!r) return
    r.onstart = r.onend = r.onresult = r.onerror = r.onspeechstart = r.onspeechend = null
    r.abort()
  }

  #set(state: EngineState, reason = ""): void {
    this.#state = state
    this.#options.changed(state, reason)
  }

  #open(): void {
    const r = (this.#recognition = new this.#options.recogniser())
    r.lang = this.#options.language
    r.continuous = true
    r.interimResults = true
    if (this.#options.onDevice) r.processLocally = true
    r.onstart = () => {
      this.#sign()
      this.#set("listening")
    }
    r.onspeechstart = () => {
      this.#sign()
      if (this.#began === 0) this.#began = Date.now()
      this.#set("speech")
    }
    r.onspeechend = () => this.#set("listening")
    r.onresult = e => this.#results(e)
    r.onerror = e => this.#failed(e.error)
    r.onend = () => this.#ended()
    this.#startedAt = Date.now()
    this.#sign()
    if (this.#state !== "waiting") this.#set("starting")
    try {
      r.start()
    } catch {
      this.#ended() // it says so when an earlier one has not ended yet
    }
  }

  #sign(): void {
    this.#signAt = Date.now()
  }

  #failed(error: string): void {
    const { words, final } = explain(error)
    if (final) {
      this.#wanted = false
      this.#close()
      this.#set("refused", words)
    } else if (words) {
      this.#failures++
      this.#set("waiting", words)
    }
  }

  #ended(): void {
    this.#recognition = undefined
    this.#takeBack()
    if (!this.#wanted) return
    // One that ends as soon as it has begun will do so again.
    if (Date.now() - this.#startedAt < 1_000) this.#failures++
    else if (this.#state !== "waiting") this.#failures = 0
    const wait = this.#failures === 0 ? 0 : Math.min(longestMS, shortestMS * 2 ** (this.#failures - 1))
    clearTimeout(this.#restart)
    this.#restart = setTimeout(() => this.#open(), wait * (0.75 + (this.#options.random ?? Math.random)() * 0.5))
  }

  #watch(): void {
    const silent = Date.now() - this.#signAt
    if (!this.#recognition || silent < watchdogMS) return
    if (this.#options.soundSince?.(this.#signAt) === false) return // it waits for somebody to speak
    this.#drop()
    this.#takeBack()
    this.#open()
  }

  #segment(): string {
    return `browser-${this.#run}-${this.#number}`
  }

  #results(e: ResultEvent): void {
    this.#sign()
    let interim = ""
    for (let i = e.resultIndex; i < e.results.length; i++) {
      const result = e.results[i]!
      const best = result[0]
      if (!best) continue
      if (!result.isFinal) interim += " " + best.transcript
      else if (words(best.transcript).length > 0) this.#say(best.transcript, true, best.confidence > 0 ? best.confidence : null)
      else this.#takeBack()
    }
    if (interim.trim() !== "") this.#say(interim, false, null)
  }

  #say(text: string, final: boolean, confidence: number | null): void {
    if (this.#began === 0) this.#began = Date.now()
    const now = words(text)
    let agreed = 0
    while (agreed < now.length && agreed < this.#before.length && fold(now[agreed]!) === fold(this.#before[agreed]!)) agreed++
    this.#stable = Math.min(now.length, Math.max(this.#stable, agreed))
    this.#before = now
    this.#options.heard({
      segment: this.#segment(), text: now.join(" "), stable: final ? now.length : this.#stable, final,
      began: this.#began, duration: Math.max(0.1, (Date.now() - this.#began) / 1000), confidence,
    })
    if (final) this.#next()
  }

  // An utterance that got no final was nothing.
  #takeBack(): void {
    if (this.#before.length > 0) {
      this.#options.heard({ segment: this.#segment(), text: "", stable: 0, final: false, began: this.#began, duration: 0.1, confidence: null })
    }
    this.#next()
  }

  #next(): void {
    this.#number++
    this.#began = 0
    this.#before = []
    this.#stable = 0
  }
}
