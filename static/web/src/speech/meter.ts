// How loud the microphone is, for the eye and for the watchdog. The browser's recogniser listens on its own; this hears the
// default microphone beside it.

const silent = 0.012 // about -38 dBFS: a voice, not a room
const everyMS = 50

export class MicMeter {
  readonly #level: (share: number) => void
  #stream: MediaStream | undefined
  #context: AudioContext | undefined
  #timer: ReturnType<typeof setInterval> | undefined
  #soundAt = 0
  #open = false

  /** Level is called 20 times a second with 0 to 1. */
  constructor(level: (share: number) => void) {
    this.#level = level
  }

  /** Asks for the microphone; the name of the refusal when there is none. */
  async start(): Promise<string> {
    if (this.#open) return ""
    this.#open = true
    let stream: MediaStream
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    } catch (e) {
      this.#open = false
      return (e as DOMException).name
    }
    if (!this.#open) {
      stream.getTracks().forEach(t => t.stop())
      return ""
    }
    this.#stream = stream
    const context = (this.#context = new AudioContext())
    const analyser = context.createAnalyser()
    analyser.fftSize = 1024
    context.createMediaStreamSource(stream).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    let shown = 0
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples)
      let peak = 0
      for (const s of samples) peak = Math.max(peak, Math.abs(s))
      if (peak > silent) this.#soundAt = Date.now()
      const share = Math.max(0, Math.min(1, 1 + (20 * Math.log10(Math.max(peak, 1e-6))) / 60))
      shown = Math.max(share, shown * 0.8)
      this.#level(shown)
    }, everyMS)
    return ""
  }

  stop(): void {
    this.#open = false
    clearInterval(this.#timer)
    this.#stream?.getTracks().forEach(t => t.stop())
    void this.#context?.close()
    this.#stream = this.#context = undefined
    this.#level(0)
  }

  /** Whether there was sound since a time; undefined while it cannot hear, as before the first click on a page. */
  soundSince(time: number): boolean | undefined {
    return this.#context?.state === "running" ? this.#soundAt > time : undefined
  }
}
