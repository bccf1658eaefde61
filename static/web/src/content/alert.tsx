// An alert, as a banner on the page of alerts and as a bar in the omnibar; the style sheets make the difference.

import { createMemo, For, Show } from "solid-js"
import type { Item } from "../screen/item.ts"
import { describeAlert } from "./alerts.ts"
import { Icon } from "./icons.tsx"

export function AlertView(props: { item: Item }) {
  const alert = createMemo(() => describeAlert(props.item))
  // Long ones are set smaller, in steps.
  const length = () => {
    const n = alert().headline.reduce((sum, p) => sum + [...p.text].length, 0)
    return n > 70 ? "longest" : n > 34 ? "long" : "short"
  }
  return (
    <article class="alert" data-tone={alert().tone} data-length={length()} data-animation={props.item.animation}>
      <div class="alert-plate">
        <p class="alert-label">
          {alert().label}
          <For each={alert().tags}>{tag => <span class="tag">{tag}</span>}</For>
        </p>
        <h1 class="alert-headline" dir="auto">
          <For each={alert().headline}>{piece => <Show when={piece.name} fallback={piece.text}><bdi class="alert-name">{piece.text}</bdi></Show>}</For>
        </h1>
        <Show when={alert().message}>{message => <p class="alert-message" dir="auto">{message()}</p>}</Show>
      </div>
      <div class="alert-tile"><Icon name={alert().icon} /></div>
      <Show when={alert().figure}>
        <div class="alert-figure">{alert().unitFirst ? alert().unit + " " : ""}<b>{alert().figure}</b>{alert().unitFirst ? "" : " " + alert().unit}</div>
      </Show>
    </article>
  )
}
