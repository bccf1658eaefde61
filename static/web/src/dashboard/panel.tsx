import type { JSX } from "solid-js"

/** The panels, in the order of their keys and tabs. */
export const panels = [
  { id: "feed", label: "Feed" },
  { id: "speech", label: "Speech" },
  { id: "chart", label: "Activity" },
  { id: "parts", label: "Parts" },
  { id: "clients", label: "Pages" },
  { id: "config", label: "Config" },
  { id: "log", label: "Log" },
] as const

export type PanelID = (typeof panels)[number]["id"]

/** A panel of the dashboard: a title, its tools, what it holds. */
export function Panel(props: { name: PanelID; title: string; note?: string | undefined; tools?: JSX.Element; children: JSX.Element }): JSX.Element {
  return (
    <section class="panel" data-panel={props.name} aria-label={props.title} tabindex={-1}>
      <header class="panel-head">
        <h2>{props.title}</h2>
        <span class="panel-note">{props.note}</span>
        <div class="panel-tools">{props.tools}</div>
      </header>
      {props.children}
    </section>
  )
}
