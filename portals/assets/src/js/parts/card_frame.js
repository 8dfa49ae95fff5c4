// The card frame in a page: as high as what it shows, and where it has made a token, on to the page that takes it.
const HEIGHT_MAX_PX = 1200;

export function startCardFrame() {
  const frame = document.querySelector("iframe[data-card-frame]");
  if (!frame) return;
  const origin = new URL(frame.src).origin;
  window.addEventListener("message", (event) => {
    const said = event.data;
    if (event.source !== frame.contentWindow || event.origin !== origin || said?.source !== "guichet-card-frame") return;
    if (said.type === "height") frame.style.height = `${Math.min(Number(said.height) || 0, HEIGHT_MAX_PX)}px`;
    if (said.type === "token") window.location.assign(`${frame.dataset.cardFrame}?card_token=${encodeURIComponent(said.token)}`);
  });
}
