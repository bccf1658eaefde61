// One event in one line, wherever events are listed.

import { createMemo, For, Show, type JSX } from "solid-js"
import type { AnyEvent } from "../wire/events.ts"
import { readable } from "./colour.ts"
import { describe } from "./describe.ts"
import { useModel } from "./model.ts"
import { clockTime, parse, wholeTime } from "./time.ts"

/** The text around what was searched for; the words stand between U+0002 and U+0003. */
function Snippet(props: { text: string }): JSX.Element {
  const pieces = () => props.text.split(/([\u0002][^\u0003]*[\u0003]?)/).filter(p => p !== "")
  return (
    <span class="row-text" dir="auto">
      <For each={pieces()}>
        {piece => piece.startsWith("\u0002") ? <mark>{piece.replace(/[\u0002\u0003]/g, "")}</mark> : <>{piece.replaceAll("\u0003", "")}</>}
      </For>
    </span>
  )
}

export function Row(props: { event: AnyEvent; snippet?: string | undefined; current?: boolean; onOpen: (event: AnyEvent) => void }): JSX.Element {
  const model = useModel()
  const line = createMemo(() => describe(props.event))
  const at = () => parse(props.event.timestamp)
  return (
    <li class="row" data-tone={line().tone} data-type={props.event.type} data-event-id={props.event.id} data-open={model.open()?.id === props.event.id} data-current={props.current}>
      <button type="button" class="row-button" onClick={() => props.onOpen(props.event)}>
        <time class="row-time" title={wholeTime(at())}>{clockTime(at(), model.today())}</time>
        <span class="row-label">{line().label}</span>
        <span class="row-body">
          <Show when={line().who}>{who => <bdi class="row-who" style={{ color: readable(line().colour) }}>{who()}</bdi>}</Show>
          <For each={line().parts}>
            {(part, i) => (
              <>
                {i() === 0 && line().who ? " " : ""}
                {typeof part === "string" ? part : <bdi class="row-strong">{part.strong}</bdi>}
              </>
            )}
          </For>
          <Show when={props.snippet} fallback={
            <Show when={line().text}>{text => <>{" "}<span class="row-text" dir="auto">{text()}</span></>}</Show>
          }>
            {snippet => <>{" "}<Snippet text={snippet()} /></>}
          </Show>
        </span>
        <For each={props.event.flags ?? []}>{flag => <span class="flag" data-flag={flag}>{flag}</span>}</For>
      </button>
    </li>
  )
}
