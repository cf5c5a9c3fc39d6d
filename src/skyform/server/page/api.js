// The page's only conversation with the server. Whatever goes wrong comes out as one shape: { code, message, remedy }.

/** What the server refused, or why it could not be asked. */
export class Refusal extends Error {
  constructor({ code, message, remedy = "", request_id = "" }) {
    super(message);
    Object.assign(this, { code, remedy, requestId: request_id });
  }
}

export async function classify(file) {
  const form = new FormData();
  form.append("file", file, file.name || "pasted");
  return (await ask("api/v1/classify?evidence=true", { method: "POST", body: form })).json();
}

/** The picture as the server reads it, for formats that a browser does not show. */
export async function preview(file) {
  const form = new FormData();
  form.append("file", file, file.name || "pasted");
  return (await ask("api/v1/preview", { method: "POST", body: form })).blob();
}

export const models = async () => (await ask("api/v1/models")).json();
export const samples = async () => (await (await ask("api/v1/samples")).json()).samples;

export async function sampleFile(sample) {
  const blob = await (await ask(sample.url)).blob();
  return new File([blob], sample.file, { type: blob.type });
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refusal({
      code: "offline",
      message: "The server cannot be reached.",
      remedy: "Check that Skyform is still running and that you are connected, then try again.",
    });
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new Refusal(
    body?.error ?? {
      code: "unknown",
      message: `The server answered with status ${response.status}.`,
      remedy: "Try again in a moment.",
    },
  );
}
