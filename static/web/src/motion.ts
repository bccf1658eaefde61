// All that moves, moves through here; nothing else imports the animation library, so it can be replaced in an afternoon.
//
// Every motion starts from where the element is, replaces an earlier one of the same properties, and can be ended at any
// frame. When nothing moves, no frame is asked for. With prefers-reduced-motion states change without travel.

import gsap from "gsap"

// The library looks every 120 frames whether it may sleep; an overlay that stands still should cost nothing at once.
gsap.config({ autoSleep: 1, nullTargetWarn: false })
gsap.ticker.sleep() // loading the library woke it; the first motion wakes it again
gsap.defaults({ duration: 0.4, ease: "power2.out", overwrite: "auto" })

export type Target = Element | Element[]

/** Where to go: transforms in px and degrees, seconds, the library's names of eases. */
export interface Vars {
  x?: number
  y?: number
  scale?: number
  rotation?: number
  opacity?: number
  color?: string
  duration?: number
  delay?: number
  ease?: string
  stagger?: number | Stagger
}

export interface Stagger {
  each: number
  from: "start" | "end" | "center"
}

/** A motion that was started. */
export interface Motion {
  /** Settles when it has ended, true when it reached its end, false when it was cut off. */
  readonly ended: Promise<boolean>
  /** Ends it where it is. */
  cancel(): void
  /** Ends it where it was going. */
  settle(): void
}

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches

const running = new Set<gsap.core.Animation>()

function follow(animation: gsap.core.Animation): Motion {
  let ended!: (reached: boolean) => void
  const promise = new Promise<boolean>(resolve => { ended = resolve })
  const end = (reached: boolean) => {
    running.delete(animation)
    ended(reached)
  }
  // The library wakes before it knows of the animation, sees that there is none, and sleeps again: the first motion after
  // a rest would never begin.
  if (running.size === 0) gsap.ticker.wake()
  running.add(animation)
  animation.eventCallback("onComplete", () => end(true))
  animation.eventCallback("onInterrupt", () => end(false))
  // A motion without length is over before it could be told.
  if (animation.progress() === 1) end(true)
  return {
    ended: promise,
    cancel() {
      animation.kill()
      end(false)
    },
    settle() {
      animation.progress(1)
      animation.kill()
      end(true)
    },
  }
}

// A motion without length: the library itself does not always tell the end of one.
const done: Motion = { ended: Promise.resolve(true), cancel() {}, settle() {} }

/** Moves from where the target is. */
export function to(target: Target, vars: Vars): Motion {
  if (!still()) return follow(gsap.to(target, { ...vars }))
  const { duration: _d, delay: _l, ease: _e, stagger: _s, ...there } = vars
  gsap.set(target, there)
  return done
}

/** Puts the target there at once. */
export function set(target: Target, vars: Omit<Vars, "duration" | "delay" | "ease" | "stagger">): void {
  gsap.set(target, { ...vars })
}

/** One motion after another: [target, vars] each, at the end of the one before or `at` seconds from the beginning. */
export function timeline(...steps: [target: Target, vars: Vars, at?: number][]): Motion {
  const line = gsap.timeline()
  for (const [target, vars, at] of steps) line.to(target, { ...vars }, at)
  if (still()) line.progress(1)
  return follow(line)
}

/** Lets many targets start one after another. */
export function stagger(each = 0.1, from: Stagger["from"] = "start"): Stagger {
  return { each, from }
}

/** Ends all motions of the target where they are. */
export function cancel(target: Target): void {
  gsap.killTweensOf(target)
}

/** Ends all motions of the target where they were going. */
export function settle(target: Target): void {
  for (const tween of gsap.getTweensOf(target)) {
    tween.progress(1)
    tween.kill()
  }
}

/** How many motions are under way; 0 on a page that stands still. */
export function count(): number {
  return running.size
}

/** Holds all motions where they are, or lets them go on. */
export function freeze(on: boolean): void {
  gsap.globalTimeline.paused(on)
}
