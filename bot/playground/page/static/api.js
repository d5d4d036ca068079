// Talk to the page's server: JSON in, JSON out; what it refuses is shown, not swallowed.

import { toast } from "./dom.js";

export async function get(path) {
  return answered(await fetch(`/api/${path}`));
}

export async function text(path) {
  const response = await fetch(`/api/${path}`);
  return response.ok ? response.text() : (await answered(response), "");
}

export async function post(path, body) {
  try {
    const response = await fetch(`/api/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return await answered(response);
  } catch (error) {
    toast(error instanceof TypeError ? "The demo does not answer: is it still running?" : error.message);
    return null;
  }
}

async function answered(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? `the server said ${response.status}`);
  return body;
}

/** Listen to changes for as long as the page is open, over restarts of the demo too. */
export function listen(handlers) {
  const source = new EventSource("/api/stream");
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
  let told = false;
  source.onopen = () => { if (told) location.reload(); };
  source.onerror = () => {
    if (!told) toast("The demo does not answer. This page goes on when it is started again.");
    told = true;
    // After a restart the server wants its new token, refuses the stream, and the browser gives up on it.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 2000);
  };
}
