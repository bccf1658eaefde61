// A hub that lives in the test: fake WebSockets that speak Phoenix v2 to it, without a network.

type Frame = [joinRef: string | null, ref: string | null, topic: string, event: string, payload: any]

export class Hub {
  up = true
  sockets: FakeSocket[] = []
  frames: Frame[] = []
  /** The data of the reply to a join, by topic. */
  join: (topic: string, payload: any) => object = () => ({ epoch: "e1", seq: "100", resumed: false, reset: false, build: "b1" })
  /** Answers a command; undefined leaves it without an answer. */
  command: (topic: string, event: string, payload: any) => { status: "ok" | "error"; response: object } | undefined =
    () => ({ status: "ok", response: { success: true, data: {} } })

  get live(): FakeSocket | undefined {
    return this.sockets.find(s => s.readyState === 1)
  }
  get open(): number {
    return this.sockets.filter(s => s.readyState === 1).length
  }
  commands(event: string): any[] {
    return this.frames.filter(f => f[3] === event).map(f => f[4])
  }
  push(topic: string, event: string, payload: object): void {
    this.live?.deliver([null, null, topic, event, payload])
  }
  /** Ends every connection, as a program that stops does. */
  drop(): void {
    for (const s of this.sockets) if (s.readyState === 1) s.end()
  }

  receive(socket: FakeSocket, frame: Frame): void {
    this.frames.push(frame)
    const [joinRef, ref, topic, event, payload] = frame
    const reply = (status: string, response: object) => socket.deliver([joinRef, ref, topic, "phx_reply", { status, response }])
    switch (event) {
      case "heartbeat": return reply("ok", {})
      case "phx_join": return reply("ok", { success: true, data: this.join(topic, payload), meta: {} })
      case "phx_leave": return reply("ok", {})
    }
    const answer = this.command(topic, event, payload)
    if (answer) reply(answer.status, answer.response)
  }

  /** The transport class that phoenix makes its connections with. */
  get transport(): unknown {
    const hub = this
    return class extends FakeSocket {
      constructor(url: string) {
        super(hub, url)
      }
    }
  }
}

export class FakeSocket {
  readyState = 0
  bufferedAmount = 0
  silent = false
  onopen?: () => void
  onclose?: (event: object) => void
  onerror?: (event: object) => void
  onmessage?: (event: { data: string }) => void
  readonly hub: Hub
  readonly url: string

  constructor(hub: Hub, url: string) {
    this.hub = hub
    this.url = url
    hub.sockets.push(this)
    setTimeout(() => {
      if (this.readyState !== 0) return
      if (!hub.up) {
        this.readyState = 3
        this.onerror?.({})
        this.onclose?.({ code: 1006 })
        return
      }
      this.readyState = 1
      this.onopen?.()
    }, 1)
  }

  send(data: string): void {
    if (this.silent) return
    const frame = JSON.parse(data)
    setTimeout(() => { if (this.readyState === 1) this.hub.receive(this, frame) }, 1)
  }
  deliver(frame: Frame): void {
    if (this.readyState === 1 && !this.silent) this.onmessage?.({ data: JSON.stringify(frame) })
  }
  end(): void {
    this.readyState = 3
    this.onclose?.({ code: 1006 })
  }
  close(): void {
    if (this.readyState === 3) return
    this.readyState = 2
    if (!this.silent) setTimeout(() => this.end(), 1)
  }
}

/** A window and document for the phoenix client, which looks at both when it is loaded. */
export class FakePage {
  visibilityState = "visible"
  readonly window = new EventTarget()

  install(): void {
    const document = Object.assign(new EventTarget(), {})
    const page = this
    Object.defineProperty(document, "visibilityState", { get: () => page.visibilityState })
    Object.assign(this.window, { document })
    Object.assign(globalThis, { window: this.window, document, location: { protocol: "http:", host: "localhost:7175" } })
  }
  fire(name: string): void {
    this.window.dispatchEvent(new Event(name))
  }
}
