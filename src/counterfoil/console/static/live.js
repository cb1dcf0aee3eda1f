// Keeps the heart of a page current: the server sends it again whenever it changes, and says when nothing will.
(() => {
  const heart = document.getElementById("heart");
  const stream = new EventSource(heart.dataset.live);
  stream.addEventListener("heart", (event) => {
    const open = [...heart.querySelectorAll("details")].map((one) => one.open);
    heart.innerHTML = event.data;
    heart.querySelectorAll("details").forEach((one, at) => { one.open = Boolean(open[at]); });
  });
  stream.addEventListener("done", () => stream.close());
  addEventListener("pagehide", () => stream.close());
})();
