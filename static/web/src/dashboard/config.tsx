// What is wrong in the config file, with the place and what would be right.

import { For, Show, type JSX } from "solid-js"
import { many } from "./describe.ts"
import { useModel } from "./model.ts"
import { Panel } from "./panel.tsx"

export function Config(): JSX.Element {
  const model = useModel()
  const problems = () => model.state.problems
  return (
    <Panel name="config" title="Config" note={problems().length > 0 ? many(problems().length, "problem") : undefined}>
      <div class="scroll" data-stale={!model.connected()}>
        <Show when={problems().length > 0} fallback={
          <div class="empty" data-kind={model.known() ? "fine" : undefined}>{model.known() ? "The config is fine." : "Connecting…"}</div>
        }>
          <p class="note">The last good config goes on running. Save the file and it is read again.</p>
          <ul class="problems">
            <For each={problems()}>
              {p => (
                <li class="problem">
                  <code class="problem-place">{p.file.split(/[\\/]/).at(-1)}:{p.line}:{p.column}</code>
                  <Show when={p.key}><code class="problem-key">{p.key}</code></Show>
                  <p class="problem-message">{p.message}</p>
                  <Show when={p.hint}><p class="problem-hint">{p.hint}</p></Show>
                </li>
              )}
            </For>
          </ul>
        </Show>
      </div>
    </Panel>
  )
}
