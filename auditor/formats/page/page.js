"use strict";
// Sorting: by what a cell says it is worth (data-value), else by its text.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th"), body = head.closest("table").tBodies[0];
    const place = [...head.parentNode.children].indexOf(head);
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const worth = (row) => row.children[place].dataset.value ?? row.children[place].textContent;
    const order = (a, b) => {
      const [x, y] = [worth(a), worth(b)], [m, n] = [Number(x), Number(y)];
      return Number.isNaN(m) || Number.isNaN(n) ? x.localeCompare(y) : m - n;
    };
    const rows = [...body.rows].sort(order);
    body.append(...(down ? rows.reverse() : rows));
  });
}
// Filtering: rows of a table, or the elements of a list, by all that they say.
for (const search of document.querySelectorAll("input[data-filters]")) {
  const box = document.getElementById(search.dataset.filters), items = [...(box.tBodies ? box.tBodies[0].rows : box.children)];
  const texts = items.map((item) => item.textContent.toLowerCase()), told = document.getElementById(`${search.id}-said`);
  search.addEventListener("input", () => {
    const wanted = search.value.toLowerCase();
    let shown = 0;
    items.forEach((item, place) => { item.hidden = !texts[place].includes(wanted); shown += !item.hidden; });
    told.textContent = `${shown} of ${items.length} ${search.dataset.noun}`;
  });
}
// The slider: every step was computed by the same function that made the report; nothing is computed here.
for (const range of document.querySelectorAll("input[type=range]")) {
  const steps = JSON.parse(document.getElementById(range.dataset.steps).textContent), told = document.getElementById(range.dataset.told);
  range.addEventListener("input", () => { told.textContent = steps[Number(range.value)]; range.setAttribute("aria-valuetext", told.textContent); });
}
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.addEventListener("click", async () => {
    const code = document.getElementById(button.dataset.copy);
    try { await navigator.clipboard.writeText(code.textContent); button.textContent = "copied"; }
    catch { const range = document.createRange(); range.selectNodeContents(code); const chosen = getSelection(); chosen.removeAllRanges(); chosen.addRange(range); }
  });
}
