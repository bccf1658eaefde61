// The end of the program's log.

import { createMemo, createSignal, For, onCleanup, onMount, Show, type JSX } from "solid-js"
import { useModel } from "./model.ts"
import { Panel } from "./panel.tsx"
import { remembered } from "./remember.ts"
import { clockTime, parse, wholeTime } from "./time.ts"

const levels = ["debug", "info", "warn", "error"] as const
type Level = (typeof levels)[number]

const levelOf = (text: string): Level => {
  const l = text.toLowerCase()
  return l.startsWith("e") ? "error" : l.startsWith("w") ? "warn" : l.startsWith("d") ? "debug" : "info"
}

const value = (v: unknown): string => (typeof v === "string" ? v : JSON.stringify(v)) ?? ""

export function Log(): JSX.Element {
  const model = useModel()
  const [level, setLevel] = remembered<Level>("log.level", "info", levels)
  const [words, setWords] = remembered<string>("log.words", "", undefined, () => sessionStorage)
  const lines = createMemo(() => {
    const least = levels.indexOf(level())
    const wanted = words().trim().toLowerCase()
    return model.logs().filter(l =>
      levels.indexOf(levelOf(l.level)) >= least &&
      (wanted === "" || `${l.part} ${l.message} ${JSON.stringify(l.attrs ?? {})}`.toLowerCase().includes(wanted)))
  })
  let scroller!: HTMLDivElement
  let list!: HTMLOListElement
  const [follow, setFollow] = createSignal(true)
  let before = 0
  const toEnd = () => {
    scroller.scrollTop = scroller.scrollHeight
    before = scroller.scrollTop
    setFollow(true)
  }
  // Only a person scrolls up; new lines and a new width move the end away from where one looks.
  const onScroll = () => {
    const atEnd = scroller.scrollTop + scroller.clientHeight > scroller.scrollHeight - 24
    if (atEnd) setFollow(true)
    else if (scroller.scrollTop < before) setFollow(false)
    before = scroller.scrollTop
  }
  onMount(() => {
    const grown = new ResizeObserver(() => {
      if (follow()) toEnd()
    })
    grown.observe(list)
    grown.observe(scroller)
    onCleanup(() => grown.disconnect())
  })
  return (
    <Panel name="log" title="Log" tools={
      <>
        <Show when={!follow()}><button type="button" class="pill" onClick={toEnd}>Newest ↓</button></Show>
        <input class="log-words" type="search" placeholder="Filter" aria-label="Filter the log" spellcheck={false} value={words()} onInput={e => setWords(e.currentTarget.value)} />
        <select aria-label="Level" value={level()} onChange={e => setLevel(e.currentTarget.value as Level)}>
          <For each={levels}>{l => <option value={l}>{l}</option>}</For>
        </select>
      </>
    }>
      <div class="scroll log-scroll" data-follow={follow()} ref={scroller} onScroll={onScroll}>
        <ol class="log" ref={list}>
          <For each={lines()}>
            {l => (
              <li class="line" data-level={levelOf(l.level)}>
                <time title={wholeTime(parse(l.time))}>{clockTime(parse(l.time), model.today())}</time>
                <span class="line-part">{l.part}</span>
                <span class="line-message">
                  {l.message}
                  <For each={Object.entries(l.attrs ?? {})}>{([k, v]) => <span class="line-attr"> {k}=<span>{value(v)}</span></span>}</For>
                </span>
              </li>
            )}
          </For>
        </ol>
        <Show when={lines().length === 0}>
          <div class="empty">{!model.known() ? "Connecting…" : model.logs().length > 0 ? "No line passes the filter." : "Nothing was logged yet."}</div>
        </Show>
      </div>
    </Panel>
  )
}
