// The till's form as steps with a keypad: amount, card, PIN. Without it the same form is one long page.
(() => {
  "use strict";
  const form = document.querySelector("[data-steps]");
  const steps = [...form.querySelectorAll("[data-step]")];
  const [go, back] = [form.querySelector("[data-go]"), form.querySelector("[data-back]")];
  const [amount, pin, track, expiry] = ["amount", "pin", "track", "expiry"].map((id) => document.getElementById(id));
  const currency = form.querySelector(".total span").textContent;
  const grouped = (typed) => Number(typed.replace(/[,，]/g, "").replace("．", ".")).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  let at = 0;

  const card = () => form.querySelector("[name=card]:checked");
  const wanted = () => steps.filter((step) => step.dataset.step !== "pin" || card()?.dataset.pin);

  function show() {
    const last = at === wanted().length - 1 && Boolean(card());
    steps.forEach((step) => { step.hidden = step !== wanted()[at]; });
    back.hidden = at === 0;
    go.textContent = last ? form.dataset.charge.replace("{amount}", `${grouped(amount.value)} ${currency}`) : form.dataset.next;
    form.querySelector("[data-swipe]").hidden = card()?.value !== "swipe";
    track.required = card()?.value === "swipe";
    expiry.required = track.required && /^[0-9 ]+$/.test(track.value);
    expiry.disabled = !track.required;
    pin.disabled = !card()?.dataset.pin;
  }
  function enter() {
    show();
    const step = wanted()[at];
    (step.dataset.step === "card" ? card() ?? step.querySelector("[name=card]") : step.querySelector("input")).focus();
  }

  form.addEventListener("submit", (event) => {
    const step = wanted()[at];
    if (at < wanted().length - 1) {
      event.preventDefault();
      const missing = [...step.querySelectorAll("input")].find((one) => !one.checkValidity());
      if (missing) { missing.reportValidity(); return; }
      if (step.dataset.step === "card" && !card()) return;
      at += 1;
      enter();
    }
  });
  form.noValidate = true;
  back.addEventListener("click", () => { at -= 1; enter(); });
  form.addEventListener("change", (event) => {
    if (event.target.name !== "card") return;
    show();
    if (event.target.value === "swipe") track.focus();
  });
  amount.addEventListener("input", show);
  track.addEventListener("input", show);

  form.querySelectorAll("[data-pad]").forEach((pad) => {
    const field = document.getElementById(pad.dataset.pad);
    pad.hidden = false;
    if (matchMedia("(pointer: coarse)").matches) field.inputMode = "none";
    pad.addEventListener("click", (event) => {
      const key = event.target.dataset?.type;
      if (!key) return;
      if (key === "back") field.value = field.value.slice(0, -1);
      else if (key === "clear") field.value = "";
      else if (field.value.length < field.maxLength) field.value += key;
      show();
    });
  });
  enter();
})();
