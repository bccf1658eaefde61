// Hands what was heard to the program. A final carries its own time and waits for the connection; a partial that cannot go
// now is never sent.

import { WireError, type Subscription } from "../wire/socket.ts"
import type { Utterance } from "./engine.ts"

const waitingCap = 200
/** The browser changes its mind up to twenty times a second. */
const partialMS = 100

export class Sender {
  readonly #push: Subscription["push"]
  readonly #failed: (reason: string) => void
  readonly #finals: object[] = []
  #sending = false
  #partial: Utterance | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(push: Subscription["push"], failed: (reason: string) => void) {
    this.#push = push
    this.#failed = failed
  }

  /** How many finals wait for the connection. */
  get waiting(): number {
    return this.#finals.length
  }

  send(u: Utterance): void {
    if (!u.final) {
      this.#partial = u
      if (this.#timer === undefined) this.#sendPartial()
      return
    }
    this.#partial = undefined
    this.#finals.push({
      timestamp: new Date(u.began).toISOString(), duration: u.duration, text: u.text.slice(0, 10_000), segment_id: u.segment,
      source_id: "browser", confidence: u.confidence, metadata: { engine: "webspeech" },
    })
    // The oldest of more than an hour of talk.
    if (this.#finals.length > waitingCap) this.#finals.shift()
    void this.flush()
  }

  /** Sends the finals that wait, in order, each until it was answered. */
  async flush(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    while (this.#finals.length > 0) {
      const final = this.#finals[0]!
      try {
        await this.#push("submit_transcription", final)
      } catch (e) {
        const code = e instanceof WireError ? e.code : ""
        if (code === "not_connected" || code === "timeout" || code === "service_unavailable") break // the next join flushes
        this.#failed((e as Error).message)
      }
      this.#finals.shift()
    }
    this.#sending = false
  }

  #sendPartial(): void {
    this.#timer = undefined
    const u = this.#partial
    if (!u) return
    this.#partial = undefined
    this.#timer = setTimeout(() => this.#sendPartial(), partialMS)
    this.#push("submit_partial", { text: u.text, segment_id: u.segment, source_id: "browser", stable_words: u.stable }).catch(() => {})
  }
}
