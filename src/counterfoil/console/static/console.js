// What every page does beside being a page: keys, live parts, local times, countdowns. Without it everything still works.
(() => {
  "use strict";
  const say = document.getElementById("say");

  // --- live parts: asked again and again, replaced when they changed, left alone once nothing more will change ---------
  async function live(heart) {
    let { seen, every } = heart.dataset;
    const offline = document.getElementById("offline");
    for (;;) {
      await new Promise((done) => { setTimeout(done, Number(every)); });
      let answer;
      try {
        answer = await fetch(`${heart.dataset.live}?seen=${seen}`, { cache: "no-store", signal: AbortSignal.timeout(8000) });
      } catch {
        offline.hidden = false;
        continue;
      }
      if (answer.redirected || answer.status >= 400) { location.reload(); return; }
      offline.hidden = true;
      if (answer.status === 200 && !heart.querySelector("input:focus, textarea:focus, select:focus")) {
        replace(heart, await answer.text());
        seen = answer.headers.get("Live-Seen");
      }
      if (answer.headers.get("Live-Done") === "1") return;
    }
  }

  function replace(heart, html) {
    const open = new Set([...heart.querySelectorAll("details[open]")].map((one) => one.dataset.key));
    const focused = heart.contains(document.activeElement) ? document.activeElement.id : "";
    const before = heart.querySelector("[data-say]")?.dataset.say;
    heart.innerHTML = html;
    heart.querySelectorAll("details[data-key]").forEach((one) => { one.open ||= open.has(one.dataset.key); });
    if (focused) document.getElementById(focused)?.focus();
    const now = heart.querySelector("[data-say]")?.dataset.say;
    if (now && now !== before) say.textContent = now;
    copyable(heart);
  }

  // --- a card number typed into the search box never becomes part of an address ---------------------------------------
  function luhn(digits) {
    const sum = [...digits].reverse().reduce((total, digit, place) => {
      const counted = place % 2 ? Number(digit) * 2 : Number(digit);
      return total + (counted > 9 ? counted - 9 : counted);
    }, 0);
    return sum % 10 === 0;
  }
  document.querySelector("form.find")?.addEventListener("submit", () => {
    const box = document.getElementById("q");
    const gap = "(?:[^\\p{L}\\p{N}]{1,3})";
    const number = `(?<!\\d)(?:\\d{13,19}|\\d{4}(?:${gap}\\d{4}){3}(?:${gap}\\d{3})?|\\d{4}${gap}\\d{6}${gap}\\d{5})(?![\\d.])`;
    box.value = box.value.replace(new RegExp(number, "gu"), (found) => {
      const digits = found.replace(/\D/g, "");
      return luhn(digits) ? digits.slice(-4) : found;
    });
  });

  // --- countdowns -----------------------------------------------------------------------------------------------------
  setInterval(() => {
    document.querySelectorAll("[data-until]").forEach((one) => {
      const left = Math.ceil((new Date(one.dataset.until) - Date.now()) / 1000);
      const text = left > 0 ? one.dataset.left.replace("{s}", left) : one.dataset.over;
      if (one.textContent !== text) one.textContent = text;
    });
    document.querySelectorAll("[data-since]").forEach((one) => {
      const gone = Math.max(0, Math.floor((Date.now() - new Date(one.dataset.since)) / 1000));
      const two = (number) => String(number).padStart(2, "0");
      const text = `${Math.floor(gone / 3600)}:${two(Math.floor(gone / 60) % 60)}:${two(gone % 60)}`;
      if (one.textContent !== text) one.textContent = text;
    });
  }, 250);

  // --- copying: a button holds what it copies; it is there where a browser can copy ---------------------------------------
  function copyable(root) {
    root.querySelectorAll("[data-copy]").forEach((one) => { one.hidden = false; });
  }
  async function copy(text) {
    if (navigator.clipboard) { await navigator.clipboard.writeText(text); return; }
    const box = document.createElement("textarea");  // a page that did not come over TLS has no clipboard of its own
    box.value = text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    if (!done) throw new Error("not copied");
  }
  addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const { copied, uncopied } = say.dataset;
    let told = copied;
    try { await copy(button.dataset.copy); } catch { told = uncopied; }
    say.textContent = told;
    button.dataset.told = told;
    setTimeout(() => { delete button.dataset.told; }, 2000);
  });

  // --- keys; Esc closes the help and never touches a payment -----------------------------------------------------------
  function step(by) {
    const rows = [...document.querySelectorAll("main tbody a, main .rows a")];
    const at = rows.indexOf(document.activeElement);
    rows[Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
  }
  const keys = {
    "/": () => document.getElementById("q")?.focus(),
    "?": () => document.getElementById("help")?.showModal(),
    j: () => step(1),
    k: () => step(-1),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, dialog")) return;
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });
  document.querySelectorAll("[data-print]").forEach((one) => {
    one.hidden = false;
    one.addEventListener("click", () => print());
  });
  // Pressed twice is asked once; the key of the form would see to it anyway.
  addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method === "dialog") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
  });

  // On a telephone the pages are a row wider than the screen: the one that is open is in sight.
  document.querySelector(".bar nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  document.querySelectorAll("[data-live]").forEach(live);
  copyable(document);
})();
