// A state document of the program: a full state first, then patches, each on the version before it. A patch that does
// not fit makes it ask for the full state again.

import type { Joined, Subscription, Wire } from "./socket.ts"

export interface StateOptions<T> {
  topic: string
  /** The document's name in patches. */
  name: "dashboard" | "stream" | "queue"
  /** The push that carries the full state, and how the members stand in it. */
  full: "initial_state" | "stream_state" | "queue_state"
  /** Called with the members that changed; full tells a whole document. */
  changed: (members: Partial<T>, full: boolean) => void
  /** The topic is joined, the first time or again. */
  joined?: (joined: Joined) => void
  /** Other pushes of the topic, by name. */
  pushes?: Record<string, (payload: any) => void>
}

/** Follows a document until leave is called. */
export function followState<T extends object>(wire: Wire, options: StateOptions<T>): Subscription {
  let version = -1
  let epoch = ""
  let asking = false
  const ask = () => {
    if (asking) return
    asking = true
    const command = options.name === "queue" ? "request_queue_state" : "request_state"
    // The answer also comes as a push. A refusal lets the next patch ask again; a lost connection joins anew.
    subscription.push(command).catch(() => {}).finally(() => { asking = false })
  }
  const subscription = wire.join(options.topic, {
    ...(options.joined ? { joined: options.joined } : {}),
    pushes: {
      ...options.pushes,
      [options.full]: payload => {
        if (typeof payload?.version !== "number") return
        version = payload.version
        epoch = String(payload.epoch ?? "")
        asking = false
        const { version: _v, epoch: _e, state, ...members } = payload
        options.changed((state ?? members) as Partial<T>, true)
      },
      state_patch: payload => {
        if (payload?.state !== options.name) return
        if (payload.epoch !== epoch || payload.base !== version) {
          if (payload.epoch === epoch && payload.version <= version) return // older than what we have
          ask()
          return
        }
        version = payload.version
        options.changed((payload.set ?? {}) as Partial<T>, false)
      },
    },
  })
  return subscription
}
