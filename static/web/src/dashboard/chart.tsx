// How much happened per minute over a chosen range. Where the program was not running the chart is hatched: no data is
// not zero.

import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"
import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show, untrack, type JSX } from "solid-js"
import { get } from "../wire/api.ts"
import type { Bucket } from "../wire/events.ts"
import { add, cover, fold, groups, ranges, type Bin, type Group } from "./bins.ts"
import { count } from "./describe.ts"
import { useModel } from "./model.ts"
import { Panel } from "./panel.tsx"
import { remembered } from "./remember.ts"
import { clockTime, parse } from "./time.ts"

const labels: Record<Group, string> = { support: "Support", chat: "Chat", speech: "Speech", other: "Other" }
const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const tints: Record<Group | "total", string> = { support: "--lime", chat: "--sky", speech: "--periwinkle", other: "--shark-400", total: "--sky" }
/** Between lines: no more than a person reads at a glance, and never 2.5. */
const steps = [0.1, 0.2, 0.5, ...[1, 10, 100, 1e3, 1e4, 1e5, 1e6].flatMap(n => [n, 2 * n, 5 * n])]
const redrawMS = 250
const rangeIDs = ranges.map(r => r.id)

// Diagonal lines for bins that nothing is known about.
function hatch(context: CanvasRenderingContext2D): CanvasPattern | null {
  const size = Math.round(8 * devicePixelRatio)
  const tile = document.createElement("canvas")
  tile.width = tile.height = size
  const c = tile.getContext("2d")!
  c.strokeStyle = colour("--shark-700")
  c.lineWidth = 1.5 * devicePixelRatio
  for (const shift of [-size, 0, size]) {
    c.beginPath()
    c.moveTo(shift - 1, size + 1)
    c.lineTo(shift + size + 1, -1)
    c.stroke()
  }
  return context.createPattern(tile, "repeat")
}

export function Chart(): JSX.Element {
  const model = useModel()
  const [rangeID, setRangeID] = remembered("chart.range", "1h", rangeIDs)
  const [split, setSplit] = remembered<"kind" | "total">("chart.split", "kind", ["kind", "total"])
  const range = createMemo(() => ranges.find(r => r.id === rangeID()) ?? ranges[1]!)
  const [bins, setBins] = createSignal<Bin[]>([], { equals: false })
  const [error, setError] = createSignal("")
  const [hover, setHover] = createSignal<number | null>(null)

  let running: AbortController | undefined
  const load = async () => {
    running?.abort()
    const mine = (running = new AbortController())
    const r = untrack(range)
    const { from, to } = cover(r, Date.now())
    try {
      const answer = await get<{ buckets: Bucket[] }>("/api/buckets", {
        from: new Date(from).toISOString(), to: new Date(to).toISOString(), step: r.step,
      }, mine.signal)
      setBins(fold(answer.buckets, r, from, to))
      setError("")
    } catch (e) {
      if (!mine.signal.aborted) setError((e as Error).message)
    }
  }
  // Now moves on by a bin: the program is asked again, between times what arrives is counted here.
  const current = createMemo(() => cover(range(), model.now()).to)
  createEffect(on([range, current, model.connected], ([, , connected]) => {
    if (connected) void load()
  }))
  // Drawing costs as much as a row of the feed, so what is counted between two looks is drawn together.
  let due: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => {
    running?.abort()
    clearTimeout(due)
  })
  model.onEvents(events => {
    let changed = false
    for (const e of events) if (!e.flags?.includes("test")) changed = add(untrack(bins), e.type, parse(e.timestamp)) || changed
    if (changed) due ??= setTimeout(() => {
      due = undefined
      setBins(untrack(bins))
    }, redrawMS)
  })

  const perMinute = (n: number) => n / range().bin
  // Stacked from the bottom; the highest is drawn first and the lower ones over it.
  const data = createMemo((): uPlot.AlignedData => {
    const list = bins()
    const xs = list.map(b => b.start / 1000)
    const nothing = (b: Bin) => !b.known && b.total === 0
    if (split() === "total") return [xs, list.map(b => (nothing(b) ? null : perMinute(b.total)))]
    const stacks = groups.map((_, top) => list.map(b => (nothing(b) ? null : perMinute(groups.slice(0, top + 1).reduce((sum, g) => sum + b.counts[g], 0)))))
    return [xs, ...stacks.reverse()] as uPlot.AlignedData
  })

  let box!: HTMLDivElement
  let plot: uPlot | undefined
  const build = () => {
    plot?.destroy()
    const bars = uPlot.paths.bars!({ size: [0.86, 48], align: 1, radius: 0 })
    const axis = { stroke: colour("--shark-300"), font: `11px ${colour("--sans")}`, ticks: { show: false } }
    const names = split() === "total" ? (["total"] as const) : [...groups].reverse()
    plot = new uPlot({
      width: Math.max(box.clientWidth, 40),
      height: Math.max(box.clientHeight, 40),
      padding: [12, 18, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: { time: true, range: () => [cover(range(), model.now()).from / 1000, cover(range(), model.now()).to / 1000] },
        y: { range: (_u, _min, max) => [0, Math.max(max * 1.1, 4 / range().bin, 0.2)] },
      },
      axes: [
        { ...axis, grid: { show: false }, size: 24, gap: 6, space: 72, values: (_u, splits) => splits.map(s => tick(s * 1000)) },
        { ...axis, grid: { stroke: colour("--shark-800"), width: 1 }, size: 36, gap: 6, space: (u) => Math.max(24, u.height / 6), incrs: steps, values: (_u, splits) => splits.map(n => (n >= 1000 ? `${n / 1000}k` : String(n))) },
      ],
      series: [{}, ...names.map(name => ({
        fill: colour(tints[name]), stroke: "transparent", width: 0, paths: bars, points: { show: false },
      }))],
      hooks: {
        drawClear: [unknown],
        setCursor: [u => setHover(u.cursor.idx ?? null)],
      },
    }, untrack(data), box)
  }
  const tick = (ms: number) => {
    const d = new Date(ms)
    const midnight = d.getHours() === 0 && d.getMinutes() === 0
    return range().id === "7d" || midnight
      ? d.toLocaleDateString(undefined, { weekday: "short", day: "numeric" })
      : d.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
  }
  const unknown = (u: uPlot) => {
    const fill = hatch(u.ctx)
    if (!fill) return
    u.ctx.save()
    u.ctx.fillStyle = fill
    for (const b of untrack(bins)) {
      if (b.known || b.total > 0) continue
      const left = u.valToPos(b.start / 1000, "x", true)
      const right = u.valToPos(b.end / 1000, "x", true)
      u.ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height)
    }
    u.ctx.restore()
  }
  onMount(() => {
    build()
    createEffect(on(split, build, { defer: true }))
    createEffect(on(data, d => plot?.setData(d)))
    const resize = new ResizeObserver(() => {
      if (box.clientWidth > 0 && box.clientHeight > 0) plot?.setSize({ width: box.clientWidth, height: box.clientHeight })
    })
    resize.observe(box)
    onCleanup(() => {
      resize.disconnect()
      plot?.destroy()
    })
  })

  const chosen = createMemo((): { when: string; counts: Record<Group, number>; total: number; known: boolean } => {
    const list = bins()
    const at = hover()
    const bin = at === null ? undefined : list[at]
    if (bin) return { when: clockTime(bin.start, model.today()).replace(/:00$/, ""), counts: bin.counts, total: bin.total, known: bin.known || bin.total > 0 }
    const sum = { support: 0, chat: 0, speech: 0, other: 0 }
    for (const b of list) for (const g of groups) sum[g] += b.counts[g]
    return { when: "", counts: sum, total: list.reduce((n, b) => n + b.total, 0), known: list.some(b => b.known || b.total > 0) }
  })

  return (
    <Panel name="chart" title="Activity" note="per minute" tools={
      <div class="segments" role="group" aria-label="Range">
        <For each={ranges}>{r => <button type="button" class="segment" aria-pressed={rangeID() === r.id} onClick={() => setRangeID(r.id)}>{r.label}</button>}</For>
      </div>
    }>
      <div class="legend">
        <span class="legend-total"><strong>{bins().length > 0 ? count(chosen().total) : "–"}</strong> {chosen().when ? `at ${chosen().when}` : `in ${range().label}`}</span>
        <Show when={split() === "kind"}>
          <For each={groups}>{g => <span class="legend-item" data-group={g}>{labels[g]} <b>{bins().length > 0 ? count(chosen().counts[g]) : ""}</b></span>}</For>
        </Show>
        <Show when={!chosen().known && bins().length > 0}><span class="quiet">not running: unknown</span></Show>
        <button type="button" class="chip legend-split" aria-pressed={split() === "kind"} onClick={() => setSplit(s => (s === "kind" ? "total" : "kind"))}>By kind</button>
      </div>
      <div class="chart" ref={box} data-stale={!model.connected()} role="img" aria-label={`${chosen().total} events in ${range().label}`} />
      <Show when={error() && model.connected()}><p class="note" data-kind="warn">The figures are not available: {error()}.</p></Show>
    </Panel>
  )
}
