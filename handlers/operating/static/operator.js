"use strict";
// The theme is set before anything is painted; everything works without this file, but for the dark theme.
const dark = matchMedia("(prefers-color-scheme: dark)");
const dress = () => { document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light"; };
dark.addEventListener("change", dress);
dress();

// Times are sent as UTC, and shown in the reader's own zone with the whole truth as a hint.
function localize(place) {
  for (const time of place.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    const local = moment.toLocaleString("sv-SE");
    if (time.dataset.ago === undefined) time.textContent = local;
    time.title = `${local} (${time.dateTime})`;
  }
}

// A live part is asked for again while somebody looks, and replaced only where it changed and nobody is in it.
async function look(live) {
  if (document.hidden || live.contains(document.activeElement)) return;
  const answer = await fetch(live.dataset.live).catch(() => null);
  live.classList.toggle("opacity-50", !answer?.ok);
  if (answer?.status === 401) location.reload();
  if (!answer?.ok) return;
  const text = await answer.text();
  if (text === live.shown) return;
  live.innerHTML = live.shown = text;
  localize(live);
}

// A link that loads a part of its page into this one.
async function load(link) {
  const place = document.querySelector(link.dataset.load);
  place.textContent = "Asking …";
  const answer = await fetch(link.href).catch(() => null);
  if (!answer?.ok) { location.assign(link.href); return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  place.replaceChildren(...page.querySelector("#told").children);
}

async function press(event) {
  const link = event.target.closest("[data-load]");
  if (link) { event.preventDefault(); await load(link); }
  const copy = event.target.closest("[data-copy]");
  if (copy) { await navigator.clipboard.writeText(copy.dataset.copy); copy.textContent = "Copied"; }
}

document.addEventListener("DOMContentLoaded", () => {
  localize(document);
  document.addEventListener("click", press);
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  for (const live of document.querySelectorAll("[data-live]")) setInterval(look, live.dataset.seconds * 1000, live);
  for (const image of document.querySelectorAll("img[data-again]")) {
    const address = image.getAttribute("src");
    setInterval(() => { if (!document.hidden) image.src = `${address}?at=${Date.now()}`; }, image.dataset.again * 1000);
  }
});
