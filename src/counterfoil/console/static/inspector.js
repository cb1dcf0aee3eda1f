// Bytes and fields light up together; a row that is clicked can be edited.
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
    row.addEventListener("click", () => {
      const path = document.getElementById("path");
      if (![...path.options].some((option) => option.value === row.dataset.path)) return;
      path.value = row.dataset.path;
      document.getElementById("value").value = row.dataset.value;
    });
  });
})();
