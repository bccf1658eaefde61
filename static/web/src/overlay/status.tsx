import { render } from "solid-js/web"
render(() => <p>Landale</p>, document.getElementById("root")!)
