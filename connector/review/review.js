"use strict";
(() => {
  const one = (selector, under = document) => under.querySelector(selector);
  const key = document.body.dataset.live;
  const by = () => one("#by").value.trim() || "petugas";
  const tell = (text, bad = false) => {
    one(".tray").hidden = false;
    one("#kept").textContent = text;
    one("#kept").classList.toggle("late", bad);
  };

  // One request at a time, in the order of the keys pressed; what fails is said and stays in this browser.
  let line = Promise.resolve();
  const send = (where, body, done) => {
    line = line.then(async () => {
      try {
        const headers = { "Content-Type": "application/json", "X-NTBCare": key };
        const answer = await fetch(where, { method: "POST", headers, body: JSON.stringify(body) });
        const { failures } = await answer.json();
        if (failures.length) tell("Tidak tersimpan: " + failures.join("; "), true);
        else done();
      } catch {
        tell("Tidak tersimpan: `ntbcare review` tidak menjawab. Koreksi masih ada di peramban ini.", true);
      }
    });
  };

  document.addEventListener("ntbcare-correction", ({ detail }) =>
    send("/labels", [{ ...detail, by: by(), at: new Date().toISOString() }], () => tell("tersimpan")),
  );

  document.addEventListener("click", ({ target }) => {
    const row = target.dataset.move && target.closest(".row");
    if (!row) return;
    const reason = one("[name=reason]", row).value.trim();
    const { number } = row.dataset;
    send(`/tickets/${number}/moves`, { status: target.dataset.move, reason, by: by() }, () => {
      row.dataset.status = target.dataset.move;
      one(".who .pill:not(.u)", row).textContent = target.textContent;
      const closed = ["tuntas", "ditolak"].includes(row.dataset.status);
      row.classList.toggle("closed", closed);
      const due = one("[data-due]", row);
      if (due) due.parentElement.hidden = closed;
      offer(row);
      tell(`${number}: ${target.textContent.toLowerCase()}`);
    });
  });

  const offer = (row) => {
    for (const button of row.querySelectorAll("[data-move]")) {
      button.hidden = !button.dataset.from.split(" ").includes(row.dataset.status);
    }
  };
  document.addEventListener("ntbcare-row", ({ target }) => {
    if (target.dataset.number && !one(".moves", target)) target.append(one("#moves").content.cloneNode(true));
    if (target.dataset.number) offer(target);
  });
  for (const row of document.querySelectorAll(".row")) row.dispatchEvent(new Event("ntbcare-row", { bubbles: true }));
  one("#save").hidden = true;
})();
