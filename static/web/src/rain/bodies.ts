// Things that fall, bounce, pile up and sink: a few dozen round bodies between a floor and two walls. Lengths are px, times
// seconds; one step is a sixtieth of a second, whatever the frame rate.

export const step = 1 / 60

export interface Rules {
  size: number
  /** 1 is 1,000 px/s². */
  gravity: number
  /** How much of its speed a body keeps when it bounces. */
  bounce: number
  friction: number
  /** How much of its speed the air takes per step. */
  air: number
  /** After so long a body sinks through the floor. */
  lifetime: number
}

export interface Body<T> {
  thing: T
  x: number
  y: number
  vx: number
  vy: number
  angle: number
  spin: number
  r: number
  age: number
  /** It has lived: nothing holds it any more. */
  sinking: boolean
  /** For how many steps it has hardly moved. */
  still: number
}

const sinkTime = 3
const stillSpeed = 14
const stillSteps = 24
/** Below this speed nothing bounces: it would tremble for ever. */
const bounceSpeed = 120

export class Bodies<T> {
  readonly list: Body<T>[] = []
  rules: Rules
  width = 0
  height = 0

  constructor(rules: Rules) {
    this.rules = rules
  }

  /** Lets one fall from above. */
  add(thing: T, random = Math.random): void {
    const r = this.rules.size / 2
    this.list.push({
      thing, r, x: r + random() * Math.max(0, this.width - 2 * r), y: -r * (1 + random()), vx: (random() - 0.5) * 60, vy: 0,
      angle: random() * 2 * Math.PI, spin: (random() - 0.5) * 12, age: 0, sinking: false, still: 0,
    })
  }

  /** Whether all that is there lies still. */
  get resting(): boolean {
    return this.list.every(b => b.still >= stillSteps && !b.sinking)
  }

  /** In how many seconds the next body begins to sink. */
  get nextSink(): number {
    return this.list.reduce((soonest, b) => Math.min(soonest, this.rules.lifetime - b.age), Infinity)
  }

  /** Time passes while all lie still. */
  rest(seconds: number): void {
    for (const b of this.list) b.age += seconds
  }

  advance(): void {
    const { gravity, air, lifetime } = this.rules
    const fall = gravity * 1000 * step
    for (const b of this.list) {
      b.age += step
      if (!b.sinking && b.age >= lifetime) {
        b.sinking = true
        for (const other of this.list) other.still = 0 // what lay on it falls
      }
      if (b.still >= stillSteps && !b.sinking) continue
      b.vy += fall
      b.vx *= 1 - air
      b.vy *= 1 - air
      b.x += b.vx * step
      b.y += b.vy * step
      b.angle += b.spin * step
    }
    for (let pass = 0; pass < 3; pass++) this.#collide()
    for (const b of this.list) {
      if (b.sinking) continue
      b.still = Math.hypot(b.vx, b.vy) < stillSpeed + fall ? b.still + 1 : 0
      if (b.still === stillSteps) b.vx = b.vy = b.spin = 0
    }
    for (let i = this.list.length - 1; i >= 0; i--) {
      const b = this.list[i]!
      if (b.sinking && (b.age >= lifetime + sinkTime || b.y - b.r > this.height)) this.list.splice(i, 1)
    }
  }

  #collide(): void {
    const { bounce, friction } = this.rules
    for (let i = 0; i < this.list.length; i++) {
      const a = this.list[i]!
      if (a.sinking) continue
      for (let j = i + 1; j < this.list.length; j++) {
        const b = this.list[j]!
        if (!b.sinking) this.#touch(a, b)
      }
      if (a.x < a.r) {
        a.x = a.r
        a.vx = Math.abs(a.vx) * bounce
      } else if (a.x > this.width - a.r) {
        a.x = this.width - a.r
        a.vx = -Math.abs(a.vx) * bounce
      }
      const floor = this.height - a.r * 0.94
      if (a.y > floor) {
        a.y = floor
        a.vy = a.vy > bounceSpeed ? -a.vy * bounce : 0
        a.vx *= 1 - friction * 0.12
        a.spin = a.vx / a.r
      }
    }
  }

  #touch(a: Body<T>, b: Body<T>): void {
    const { bounce, friction } = this.rules
    const dx = b.x - a.x
    const dy = b.y - a.y
    const reach = (a.r + b.r) * 0.94 // pictures rarely fill their square
    if (Math.abs(dx) >= reach || Math.abs(dy) >= reach) return
    const d = Math.hypot(dx, dy)
    const aMoves = a.still < stillSteps
    const bMoves = b.still < stillSteps
    if (d >= reach || (!aMoves && !bMoves)) return
    const nx = d > 0 ? dx / d : 1
    const ny = d > 0 ? dy / d : 0
    const push = (reach - d) * (aMoves && bMoves ? 0.45 : 0.9)
    if (aMoves) {
      a.x -= nx * push
      a.y -= ny * push
    }
    if (bMoves) {
      b.x += nx * push
      b.y += ny * push
    }
    const speed = (b.vx - a.vx) * nx + (b.vy - a.vy) * ny
    if (speed >= 0) return
    if (speed < -2 * bounceSpeed) a.still = b.still = 0 // hit hard, it wakes
    const impulse = (-(1 + (speed < -bounceSpeed ? bounce : 0)) * speed) / 2
    a.vx -= impulse * nx
    a.vy -= impulse * ny
    b.vx += impulse * nx
    b.vy += impulse * ny
    // Rubbing takes from what slides along, and slows what turns.
    const slide = ((b.vx - a.vx) * -ny + (b.vy - a.vy) * nx) * friction * 0.25
    a.vx -= ny * slide
    a.vy += nx * slide
    b.vx += ny * slide
    b.vy -= nx * slide
    a.spin *= 0.96
    b.spin *= 0.96
  }
}
