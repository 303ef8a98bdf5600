"use strict";
const live = document.getElementById("live");
const away = document.getElementById("away");
const buttons = document.querySelectorAll("button[data-kind]");
let shown = "";

async function look() {
  try {
    const answer = await fetch("/fragment");
    if (!answer.ok) throw new Error(answer.statusText);
    show(await answer.text());
    away.hidden = true;
  } catch {
    away.hidden = false;
  }
}

function show(fragment) {
  if (fragment === shown) return;
  const lefts = [...live.querySelectorAll(".wide")].map((each) => each.scrollLeft);
  live.innerHTML = shown = fragment;
  live.querySelectorAll(".wide").forEach((each, index) => { each.scrollLeft = lefts[index] ?? 0; });
  const active = document.getElementById("active").dataset.kinds.split(" ");
  for (const button of buttons) button.setAttribute("aria-pressed", active.includes(button.dataset.kind));
}

async function switchFault(click) {
  const { kind } = click.target.dataset;
  if (kind === undefined && click.target.id !== "mend") return;
  const on = kind !== undefined && click.target.getAttribute("aria-pressed") !== "true";
  const headers = { "Content-Type": "application/json" };
  const where = kind === undefined || on ? "/sandbox/faults" : `/sandbox/faults?kind=${kind}`;
  await fetch(where, on ? { method: "POST", headers, body: JSON.stringify({ kind }) } : { method: "DELETE" });
  await look();
}

async function again() {
  if (!document.hidden) await look();
  setTimeout(again, 1000);
}

document.getElementById("faults").addEventListener("click", switchFault);
again();
