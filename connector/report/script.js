"use strict";
(() => {
  const PLACE = "ntbcare-koreksi:" + document.body.dataset.report;
  const KEYS = { p: "pengaduan", a: "aspirasi", t: "pertanyaan", r: "apresiasi", s: "spam" };
  const URGENT = { 1: "mendesak", 2: "penting", 3: "biasa" };
  const one = (selector, under = document) => under.querySelector(selector);
  const many = (selector, under = document) => [...under.querySelectorAll(selector)];
  const count = (n) => n.toLocaleString("id-ID");

  // Corrections are kept in this browser; where it forbids that, for as long as the page is open.
  const kept = (() => {
    let box = null;
    try {
      box = window.localStorage;
      box.setItem(PLACE + "?", "");
      box.removeItem(PLACE + "?");
    } catch {
      box = null;
    }
    const read = (name) => (box ? box.getItem(name) : null);
    const write = (name, value) => {
      try {
        if (box) box.setItem(name, value);
      } catch {
        box = null;
      }
    };
    return { read, write, lasting: () => box !== null };
  })();
  const corrections = new Map();
  try {
    for (const each of JSON.parse(kept.read(PLACE)) || []) corrections.set(each.id, each);
  } catch {
    corrections.clear();
  }
  let saved = corrections.size;

  const span = (ms) => {
    const minutes = Math.floor(ms / 60000);
    const hours = Math.floor(minutes / 60);
    const days = Math.floor(hours / 24);
    if (minutes < 1) return "kurang dari 1 menit";
    if (days) return count(days) + " hari" + (hours % 24 && days < 100 ? ` ${hours % 24} jam` : "");
    if (hours) return hours + " jam" + (minutes % 60 ? ` ${minutes % 60} menit` : "");
    return minutes + " menit";
  };
  const isLate = (row) => {
    const due = one("[data-due]", row);
    return due !== null && !due.parentElement.hidden && Date.parse(due.dataset.due) < Date.now();
  };
  const tellTime = (row) => {
    const due = one("[data-due]", row);
    if (!due) return;
    const left = Date.parse(due.dataset.due) - Date.now();
    due.textContent = left > 0 ? "sisa " + span(left) : "terlambat " + span(-left);
    due.parentElement.classList.toggle("late", left <= 0);
  };

  // One row: what it is now, what a person makes of it, and how that looks.
  const base = ({ dataset: { id, kind, category, urgency } }) => ({ id, kind, category, urgency });
  const picked = (fixed) => ({ ...fixed, kind: fixed.is_complaint === false ? "" : fixed.kind });
  const now = (row) => {
    const fixed = picked(corrections.get(row.dataset.id) || {});
    const { kind, category, urgency } = row.dataset;
    const made = { kind: fixed.kind ?? kind, category: fixed.category ?? category, urgency: fixed.urgency ?? urgency };
    return made.kind === "pengaduan" ? made : { ...made, urgency: "biasa" };
  };
  const show = (row) => {
    const tools = one(".tools", row);
    if (!tools) return;
    const fixed = corrections.get(row.dataset.id);
    for (const [name, value] of Object.entries(now(row))) one(`[name=${name}]`, tools).value = value;
    row.classList.toggle("fixed", Boolean(fixed));
    one(".undo", tools).hidden = !fixed;
    const said = ["kind", "urgency", "category"].filter((name) => name === "kind" || (fixed && fixed[name]));
    const names = said.map((name) => one(`[name=${name}]`, tools).selectedOptions[0].textContent);
    one(".done", tools).textContent = fixed ? "Koreksi: " + names.join(" · ") : "";
  };
  const equip = (row) => {
    if (row.dataset.id && !one(".tools", row)) row.append(one("#tools").content.cloneNode(true));
    show(row);
    tellTime(row);
    row.dispatchEvent(new Event("ntbcare-row", { bubbles: true }));
  };
  const correct = (row, change) => {
    const id = row.dataset.id;
    if (!id) return;
    if (change === null) corrections.delete(id);
    else {
      // Only what was picked goes out: what nobody said must not be learned.
      const { kind, category, urgency } = { ...picked(corrections.get(id) || {}), ...change };
      const what = kind === "" ? { is_complaint: false } : { kind };
      const told = { ...what, category, urgency: kind === "pengaduan" ? urgency : undefined };
      const by = one("#by").value.trim() || "petugas";
      const of = { id, revision: Number(row.dataset.revision) };
      corrections.set(id, { ...of, ...told, by, at: new Date().toISOString(), seen: change.seen });
    }
    saved = -1;
    kept.write(PLACE, JSON.stringify([...corrections.values()]));
    // The same item may stand in two lists.
    for (const twin of many(".row")) if (twin.dataset.id === id) show(twin);
    tally();
    const detail = corrections.get(id) || { ...base(row), undo: true };
    document.dispatchEvent(new CustomEvent("ntbcare-correction", { detail }));
  };
  const tally = () => {
    one("#count").textContent = count(corrections.size);
    one("#save").disabled = corrections.size === 0;
    one(".tray").hidden = corrections.size === 0;
    one("#kept").textContent = kept.lasting() ? "" : "(hanya selama halaman ini terbuka: unduh sebelum menutup)";
  };
  // Who confirms what he sees does not mean what somebody has set since the page was made.
  const made = one("header time").dateTime;
  const right = (row) => ({ ...now(row), seen: { category: row.dataset.category, urgency: row.dataset.urgency, at: made } });
  const change = { right, not: () => ({ kind: "" }), undo: () => null };

  // One list: all its rows, those that the filter lets through, and the page of them that is shown.
  const lists = many(".list").map((element) => {
    const rows = many(".rows > .row", element);
    for (const chunk of many(":scope > template", element)) rows.push(...chunk.content.children);
    const [form, holder, pager] = [one(".filter", element), one(".rows", element), one(".pager", element)];
    const texts = new Map();
    const text = (row) => {
      if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
      return texts.get(row);
    };
    let [page, found] = [0, rows];
    const wanted = (row) => {
      const f = form.elements;
      const words = f.q.value.toLowerCase().split(/\s+/).filter(Boolean);
      const same = (name) => !f[name] || !f[name].value || row.dataset[name] === f[name].value;
      return (
        ["urgency", "status", "category", "account"].every(same) &&
        (!f.late || !f.late.checked || isLate(row)) &&
        (!f.fixed.checked || corrections.has(row.dataset.id)) &&
        words.every((word) => text(row).includes(word))
      );
    };
    const size = () => Number(one("[name=size]", pager).value);
    const draw = () => {
      const pages = Math.max(1, Math.ceil(found.length / size()));
      page = Math.min(Math.max(page, 0), pages - 1);
      const first = page * size();
      const part = found.slice(first, first + size());
      part.forEach(equip);
      holder.replaceChildren(...part);
      const status = one(".count", element);
      const range = part.length ? `${count(first + 1)}–${count(first + part.length)} dari ` : "";
      status.textContent = rows.length
        ? `Menampilkan ${range}${count(found.length)}` + (found.length < rows.length ? `, tersaring dari ${count(rows.length)}` : "")
        : "Tidak ada.";
      pager.hidden = found.length <= 25;
      one("span", pager).textContent = `Halaman ${count(page + 1)} dari ${count(pages)}`;
      const [back, on] = many("button", pager);
      [back.disabled, on.disabled] = [page === 0, page === pages - 1];
    };
    const filter = () => {
      [page, found] = [0, rows.filter(wanted)];
      draw();
    };
    const go = (by) => {
      page += by;
      draw();
      element.scrollIntoView();
      if (holder.firstElementChild) holder.firstElementChild.focus({ preventScroll: true });
    };
    let waiting = 0;
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(filter, 120);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    pager.addEventListener("change", () => go(0));
    pager.addEventListener("click", ({ target }) => target.dataset.go && go(Number(target.dataset.go)));
    form.hidden = rows.length < 2;
    one(".more", form).open = !window.matchMedia("(max-width: 44rem)").matches;
    draw();
    return { element, form, go };
  });

  document.addEventListener("click", ({ target }) => {
    const row = target.closest(".row");
    if (!row) return;
    if (target.dataset.set) correct(row, change[target.dataset.set](row));
    else if (target.closest(".text") && window.getSelection().isCollapsed) row.classList.toggle("open");
  });
  document.addEventListener("change", ({ target }) => {
    const row = target.matches(".tools select") && target.closest(".row");
    if (!row) return; // as for the reason of a move: it corrects nothing
    const set = { [target.name]: target.value };
    correct(row, target.name === "urgency" ? { ...set, kind: "pengaduan" } : set);
  });

  const step = (by) => {
    const rows = many(".row");
    const here = rows.indexOf(document.activeElement.closest(".row"));
    let next = here + by;
    if (here < 0) next = rows.findIndex((row) => row.getBoundingClientRect().bottom > 60);
    const row = rows[Math.min(Math.max(next, 0), rows.length - 1)];
    if (!row) return;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const listAt = () => {
    const near = document.activeElement.closest(".list");
    return lists.find((list) => list.element === near) || lists[0];
  };
  const anywhere = {
    j: () => step(1),
    k: () => step(-1),
    "/": () => (listAt().form.hidden ? null : listAt().form.elements.q.focus()),
    "?": () => one("#bantuan").scrollIntoView(),
    "[": () => listAt().go(-1),
    "]": () => listAt().go(1),
  };
  const onRow = (row, key) => {
    if (key in KEYS) correct(row, { kind: KEYS[key] });
    else if (key in URGENT) correct(row, { kind: "pengaduan", urgency: URGENT[key] });
    else if (key === "b") correct(row, change.not());
    else if (key === "v") correct(row, change.right(row));
    else if (key === "u") correct(row, null);
    else if (key === "c" && row.dataset.id) one(".tools [name=category]", row).focus();
    else if (key === "o" && one(".around", row)) one(".around", row).open = !one(".around", row).open;
    else return false;
    return true;
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.activeElement.matches(".list :is(input, select)")) {
      (document.activeElement.closest(".row") || document.activeElement).focus();
    }
    const busy = event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input, select, textarea");
    if (busy || !one("#keys").checked) return;
    const row = event.target.closest(".row");
    if (Object.hasOwn(anywhere, event.key)) anywhere[event.key]();
    else if (!row || !onRow(row, event.key)) return;
    event.preventDefault();
  });

  const by = one("#by");
  by.value = kept.read("ntbcare-petugas") || "";
  by.addEventListener("change", () => kept.write("ntbcare-petugas", by.value));
  one("#save").addEventListener("click", () => {
    const text = JSON.stringify([...corrections.values()], null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = `koreksi-${document.body.dataset.report}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    saved = corrections.size;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!kept.lasting() && corrections.size && saved < 0) event.preventDefault();
  });
  document.addEventListener("ntbcare-clock", ({ target }) => tellTime(target));
  setInterval(() => many(".row").forEach(tellTime), 60000);
  document.documentElement.classList.add("js");
  tally();
})();
