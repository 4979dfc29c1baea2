"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const link = $("link"), linkText = $("linktext"), body = document.body;
  const announce = (text) => { if ($("announce").textContent !== text) $("announce").textContent = text; };
  let title = "", heard = 0, source = null, retry = 0, dirty = {}, offset = 0;

  // Times in the reader's own, and how long ago.
  const pad = (n) => String(n).padStart(2, "0");
  const clock = (d) => pad(d.getHours()) + ":" + pad(d.getMinutes()) + ":" + pad(d.getSeconds());
  const span = (s) => s < 90 ? s + " s" : s < 5400 ? Math.round(s / 60) + " min"
    : s < 172800 ? Math.round(s / 3600) + " h" : Math.round(s / 86400) + " days";
  const times = (root) => {
    const now = Date.now() + offset;
    for (const el of root.querySelectorAll("time")) {
      const at = new Date(el.dateTime);
      if (isNaN(at)) continue;
      const s = Math.round((now - at) / 1000);
      const day = now - at > 64800000 ? at.toLocaleDateString() + " " : "";
      const ago = s >= 0 ? span(s) + " ago" : "in " + span(-s);
      const text = el.dataset.only === "ago" ? ago : day + clock(at) + (el.dataset.only ? "" : ", " + ago);
      if (el.textContent !== text) el.textContent = text;
      el.title = at.toLocaleString();
    }
  };

  // A part that somebody selects text in, or has the focus in, waits.
  const isBusy = (el) => {
    const s = getSelection();
    return s && !s.isCollapsed && el.contains(s.anchorNode);
  };
  const place = (id, html) => {
    const el = $(id);
    if (!el) return;
    if (isBusy(el)) { dirty[id] = html; return; }
    delete dirty[id];
    const open = new Map([...el.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
    const focus = el.contains(document.activeElement) ? document.activeElement.id : "";
    const scroll = new Map([...el.querySelectorAll("pre[id]")].map((p) => [p.id, p.scrollTop]));
    el.innerHTML = html;
    for (const d of el.querySelectorAll("details[id]")) if (open.has(d.id)) d.open = open.get(d.id);
    for (const p of el.querySelectorAll("pre[id]")) if (scroll.has(p.id)) p.scrollTop = scroll.get(p.id);
    if (focus && $(focus)) $(focus).focus();
    times(el);
  };

  const say = (state, text) => {
    if (body.dataset.link !== state && state === "stale") announce("The page is stale: nothing is heard from sollol");
    body.dataset.link = state;
    if (linkText.textContent !== text) linkText.textContent = text;
  };
  const tick = () => {
    times(body);
    for (const id in dirty) if (!isBusy($(id))) place(id, dirty[id]);
    const silent = Math.round((Date.now() - heard) / 1000);
    if (!heard) say("wait", "Connecting …");
    else if (silent > 12) {
      say("stale", "Stale: nothing heard for " + span(silent) + "; trying to reconnect");
      if (source && silent % 10 === 0) connect();
    } else say("live", "Live");
  };

  const connect = () => {
    if (source) source.close();
    source = new EventSource("/api/v1/live");
    source.onmessage = (event) => {
      const update = JSON.parse(event.data);
      heard = Date.now();
      offset = Date.parse(update.time) - heard;
      if (Math.abs(offset) < 2000) offset = 0;
      retry = 0;
      document.title = (update.title ? update.title + " · " : "") + document.title.split(" · ").slice(-2).join(" · ");
      if (update.title !== title) announce(update.title);
      title = update.title;
      for (const id in update.parts) place(id, update.parts[id]);
      tick();
    };
    // A browser gives up for good where the answer is no stream.
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      retry = Math.min(retry + 1, 5);
      setTimeout(connect, retry * 1000);
    };
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const text = $(button.dataset.copy).textContent;
    const done = () => { button.textContent = "Copied"; setTimeout(() => { button.textContent = "Copy"; }, 1500); };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => {});
    else {
      const range = document.createRange();
      range.selectNodeContents($(button.dataset.copy));
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
  });

  body.classList.add("js");
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
  tick();
  connect();
})();
