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
        const { failures, tickets } = await answer.json();
        if (failures.length) tell("Tidak tersimpan: " + failures.join("; "), true);
        else done(tickets);
      } catch {
        tell("Tidak tersimpan: `ntbcare review` tidak menjawab. Koreksi masih ada di peramban ini.", true);
      }
    });
  };

  document.addEventListener("ntbcare-correction", ({ detail }) =>
    send("/labels", [{ ...detail, by: by() }], (tickets) => {
      tell(["tersimpan", ...tickets.map((ticket) => ticket.number)].join(": "));
      tickets.forEach(show);
    }),
  );

  // The ticket as it stands now; what its row had when the page was made is where a correction that is taken back returns to.
  const show = (now) => {
    for (const row of document.querySelectorAll(".row")) {
      if (row.dataset.id !== now.id) continue;
      row.classList.remove("mendesak", "penting", "biasa");
      row.classList.add(now.urgency);
      one(".pill.u", row).textContent = now.urgency_name;
      if (row.dataset.number === now.number) stand(row, now);
    }
  };
  const stand = (row, { status, status_name, due, due_text }) => {
    row.dataset.status = status;
    one(".who .pill:not(.u)", row).textContent = status_name;
    const closed = ["tuntas", "ditolak"].includes(status);
    row.classList.toggle("closed", closed);
    const left = one("[data-due]", row);
    if (left) left.parentElement.hidden = closed;
    if (left && due) {
      left.dataset.due = due;
      one(".when", left.parentElement).textContent = due_text;
      row.dispatchEvent(new Event("ntbcare-clock", { bubbles: true }));
    }
    offer(row);
  };

  document.addEventListener("click", ({ target }) => {
    const row = target.dataset.move && target.closest(".row");
    if (!row) return;
    const reason = one("[name=reason]", row).value.trim();
    const { number, status: seen } = row.dataset;
    send(`/tickets/${number}/moves`, { status: target.dataset.move, seen, reason, by: by() }, () => {
      stand(row, { status: target.dataset.move, status_name: target.textContent });
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
