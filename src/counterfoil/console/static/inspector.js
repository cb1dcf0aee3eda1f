// Bytes and fields light up together; a row's button puts it into the form below.
(() => {
  "use strict";
  const all = [...document.querySelectorAll("[data-row]")];
  function light(row) {
    all.forEach((one) => one.classList.toggle("lit", row !== "" && row !== "-1" && one.dataset.row === row));
  }
  all.forEach((one) => {
    one.addEventListener("mouseenter", () => light(one.dataset.row));
    one.addEventListener("mouseleave", () => light(""));
  });
  document.querySelectorAll("tr[data-row]").forEach((row) => {
    row.tabIndex = 0;
    row.addEventListener("focus", () => light(row.dataset.row));
    const pick = row.querySelector("button");
    if (!pick) return;
    pick.hidden = false;
    pick.addEventListener("click", () => {
      const value = document.getElementById("value");
      document.getElementById("path").value = row.dataset.path;
      value.value = row.dataset.value;
      value.focus();
    });
  });
})();
