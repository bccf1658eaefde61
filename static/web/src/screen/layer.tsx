// The element of one layer. It stays for as long as the page; what it shows comes and goes.

import { createMemo, createSignal, onCleanup, onMount, Show, type Accessor, type JSX } from "solid-js"
import { layerPriority, type Item, type LayerName } from "./item.ts"
import type { Screen } from "./screen.ts"

export function Layer(props: { screen: Screen; name: LayerName; children: (item: Accessor<Item>) => JSX.Element }) {
  const orchestrator = props.screen.orchestrator
  const [view, setView] = createSignal(orchestrator.view(props.name), { equals: false })
  // Kept while the content is torn down.
  let last: Item
  const item = () => (last = view().item ?? last)
  const id = createMemo(() => view().item?.id)
  let element!: HTMLDivElement
  onMount(() => {
    const stop = orchestrator.onChange((layer, v) => { if (layer === props.name) setView(v) })
    const unmount = orchestrator.mount(props.name, element)
    setView(orchestrator.view(props.name))
    onCleanup(() => {
      unmount()
      stop()
    })
  })
  return (
    <div
      class="layer"
      ref={element}
      data-layer={props.name}
      data-priority={layerPriority[props.name]}
      data-state={view().state}
      data-has-content={String(view().item !== null)}
      data-content-type={view().item?.type}
      data-show={props.screen.show()?.id}
    >
      <Show when={id()} keyed>
        {now => (
          <div class="content" data-content={item().type} data-event-id={now} data-source={item().source} data-flags={item().flags?.join(" ")} data-show-context={props.screen.show()?.id}>
            {props.children(item)}
          </div>
        )}
      </Show>
    </div>
  )
}
