// A card of the ticker, and the sub train.

import { createEffect, createMemo, For, Index, on, onCleanup, Show } from "solid-js"
import * as motion from "../motion.ts"
import type { Item } from "../screen/item.ts"
import { describeCard, type Entry } from "./cards.ts"
import { Icon } from "./icons.tsx"
import { figure, number, text, tier } from "./words.ts"

/** A figure that nods when it changes. */
export function Figure(props: { value: string }) {
  let element!: HTMLElement
  createEffect(on(() => props.value, () => {
    motion.settle(element)
    motion.timeline([element, { scale: 1.1, duration: 0.1 }], [element, { scale: 1, duration: 0.2 }])
  }, { defer: true }))
  onCleanup(() => motion.cancel(element))
  return <b class="figure" ref={element}>{props.value}</b>
}

function EntryView(props: { entry: Entry; emote?: ((name: string) => string | undefined) | undefined }) {
  const picture = () => props.entry.emote && props.emote?.(props.entry.emote)
  return (
    <li class="entry" data-key={props.entry.key}>
      <Show when={props.entry.icon}>{name => <Icon name={name()} />}</Show>
      <Show when={props.entry.figure !== undefined}><Figure value={props.entry.figure!} /></Show>
      <Show when={picture()} fallback={<bdi class="entry-text">{props.entry.text}</bdi>}>
        {src => <img class="entry-emote" src={src()} alt={props.entry.text} />}
      </Show>
      <Show when={props.entry.note}><span class="entry-note">{props.entry.note}</span></Show>
      <Show when={props.entry.progress !== undefined}>
        <span class="meter"><span class="meter-fill" style={{ transform: `scaleX(${props.entry.progress})` }} /></span>
      </Show>
    </li>
  )
}

export function CardView(props: { item: Item; emote?: ((name: string) => string | undefined) | undefined }) {
  const card = createMemo(() => describeCard(props.item))
  return (
    <section class="card">
      <h2 class="card-label"><Icon name={card().icon} /><span>{card().label}</span></h2>
      <Show when={card().entries.length > 0} fallback={<p class="card-quiet" dir="auto">{card().quiet}</p>}>
        <ol class="card-entries">
          <Index each={card().entries}>{entry => <EntryView entry={entry()} emote={props.emote} />}</Index>
        </ol>
      </Show>
    </section>
  )
}

/** Subs that follow each other: one carriage each, as many as there is room for. */
export function TrainView(props: { item: Item }) {
  const d = () => props.item.data
  const count = () => number(d()["count"]) ?? 1
  const latest = () => text(d()["latest_subscriber"]) || text(d()["subscriber"], "Somebody")
  const t = () => tier(d()["latest_tier"] ?? d()["tier"])
  const first = () => text(d()["subscriber"])
  const carriages = () => Array.from({ length: Math.min(Math.max(count(), 1), 24) }, (_, i) => i)
  return (
    <section class="train">
      <div class="train-count"><Figure value={figure(count())} /></div>
      <div class="train-plate">
        <p class="train-label">Sub train<Show when={t()}><span class="tag">{t()}</span></Show></p>
        <p class="train-name"><bdi>{latest()}</bdi></p>
        <Show when={first() && first() !== latest()}><p class="train-first">set off by <bdi>{first()}</bdi></p></Show>
        <div class="train-line" aria-hidden="true"><For each={carriages()}>{() => <i />}</For></div>
      </div>
    </section>
  )
}
