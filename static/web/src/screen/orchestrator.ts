// Moves the layers of a page. A layer has a phase of its own, hidden, entering, active or exiting; that it is interrupted
// follows from the others and is never set:
//
//   covered(L) = a higher layer is entering or active
//   shown(L)   = L is entering or active, and covered(L) ? "interrupted" : the phase of L
//
// After each change the three are computed anew, and a layer whose pose is another one than before is sent there from
// where it is. A layer has one motion at most. What leaves stays mounted until it is gone, and of what waits behind it
// the latest enters.

import * as motion from "../motion.ts"
import { layers, type LayerName } from "./item.ts"

export type Phase = "hidden" | "entering" | "active" | "exiting"
export type LayerState = Phase | "interrupted"

export interface View<T> {
  state: LayerState
  /** What is mounted, also while it leaves. */
  item: T | null
}

/** In seconds. */
export interface Durations {
  enter: number
  interrupt: number
  resume: number
  exit: number
}

export const defaultDurations: Durations = { enter: 0.4, interrupt: 0.2, resume: 0.4, exit: 0.3 }

type Pose = "before" | "there" | "interrupted" | "gone"

const poses: Record<LayerName, Record<Pose, { opacity: number; y: number; scale: number }>> = (() => {
  const before = { opacity: 0, y: 20, scale: 0.95 }
  const there = { opacity: 1, y: 0, scale: 1 }
  const gone = { opacity: 0, y: -20, scale: 0.95 }
  const with_ = (interrupted: typeof there) => ({ before, there, gone, interrupted })
  return {
    foreground: with_(there), // nothing is above it
    midground: with_({ opacity: 0.7, y: 30, scale: 0.95 }),
    background: with_({ opacity: 0.5, y: 60, scale: 0.9 }),
  }
})()

interface Slot<T> {
  element: Element | null
  phase: Phase
  item: T | null
  /** What enters when the layer is hidden. */
  next: T | null
  pose: Pose
  motion: motion.Motion | null
  told: View<T>
  /** Debugging holds it in the interrupted pose. */
  held: boolean
}

export class Orchestrator<T extends { id: string }> {
  readonly durations: Durations
  readonly #slots: Record<LayerName, Slot<T>>
  readonly #listeners = new Set<(layer: LayerName, view: View<T>) => void>()

  constructor(durations: Partial<Durations> = {}) {
    this.durations = { ...defaultDurations, ...durations }
    const slot = (): Slot<T> => ({
      element: null, phase: "hidden", item: null, next: null, pose: "before", motion: null,
      told: { state: "hidden", item: null }, held: false,
    })
    this.#slots = { foreground: slot(), midground: slot(), background: slot() }
  }

  /** Gives a layer its element; what waits for it enters. The result takes it away again. */
  mount(layer: LayerName, element: Element): () => void {
    const s = this.#slots[layer]
    s.element = element
    motion.set(element, poses[layer].before)
    this.#enter(layer)
    this.#settle()
    return () => {
      s.motion?.cancel()
      motion.cancel(element)
      Object.assign(s, { element: null, phase: "hidden", next: s.next ?? s.item, item: null, pose: "before", motion: null })
      this.#settle()
    }
  }

  /** Says what a layer shows now, null for nothing. An item is known by its id: the same one again changes in place. */
  show(layer: LayerName, item: T | null): void {
    const s = this.#slots[layer]
    const visible = s.phase === "entering" || s.phase === "active"
    if (item && visible && s.item?.id === item.id) {
      s.item = item
      s.next = null
    } else {
      s.next = item
      if (visible) s.phase = "exiting"
      else this.#enter(layer)
    }
    this.#settle()
  }

  view(layer: LayerName): View<T> {
    return this.#slots[layer].told
  }

  /** Calls back on each change of a layer's state or item; the result ends it. */
  onChange(listener: (layer: LayerName, view: View<T>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Whether anything is visible or on its way out. */
  get busy(): boolean {
    return layers.some(l => this.#slots[l].phase !== "hidden")
  }

  /** Holds a layer in its interrupted pose, for debugging. */
  hold(layer: LayerName, on: boolean): void {
    this.#slots[layer].held = on
    this.#settle()
  }

  #enter(layer: LayerName): void {
    const s = this.#slots[layer]
    if (!s.element || s.phase !== "hidden" || !s.next) return
    s.item = s.next
    s.next = null
    s.phase = "entering"
  }

  // Sends every layer to the pose that it ought to have, then tells who listens.
  #settle(): void {
    let covered = false
    const changed: LayerName[] = []
    for (const layer of layers) {
      const s = this.#slots[layer]
      const visible = s.phase === "entering" || s.phase === "active"
      const state: LayerState = visible && (covered || s.held) ? "interrupted" : s.phase
      covered ||= visible
      const pose: Pose = s.phase === "hidden" ? "before" : s.phase === "exiting" ? "gone" : state === "interrupted" ? "interrupted" : "there"
      if (pose !== s.pose && s.element) this.#retarget(layer, pose)
      if (s.told.state !== state || s.told.item !== s.item) {
        s.told = { state, item: s.item }
        changed.push(layer)
      }
    }
    for (const layer of changed) {
      for (const listener of [...this.#listeners]) listener(layer, this.#slots[layer].told)
    }
  }

  #retarget(layer: LayerName, pose: Pose): void {
    const s = this.#slots[layer]
    const from = s.pose
    s.motion?.cancel()
    s.motion = null
    s.pose = pose
    if (pose === "before") {
      motion.set(s.element!, poses[layer].before)
      return
    }
    const d = this.durations
    const duration = pose === "gone" ? d.exit : from === "before" ? d.enter : pose === "interrupted" ? d.interrupt : d.resume
    const moving = motion.to(s.element!, { ...poses[layer][pose], duration, ease: pose === "gone" ? "power2.in" : "power2.out" })
    s.motion = moving
    void moving.ended.then(reached => {
      if (!reached || s.motion !== moving) return
      s.motion = null
      if (s.phase === "entering") s.phase = "active"
      else if (s.phase === "exiting") {
        s.phase = "hidden"
        s.item = null
        this.#settle() // unmounts, and puts the element back to where it enters from
        this.#enter(layer)
      }
      this.#settle()
    })
  }
}
