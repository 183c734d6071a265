// Everything works without this script; with it an answer is shown as it is read, and a part is renewed in its place.
"use strict";

const send = (form, address, extra = []) => fetch(address, {
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded", "x-part": "1" },
  body: new URLSearchParams([...new FormData(form), ...extra]),
});
const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

// an answer is drawn as it is read, a moment after the last key
let timer, newest = 0;
document.addEventListener("input", ({ target }) => {
  const form = target.closest("form.reply"), place = form?.querySelector(".preview");
  if (!place || target.name !== "answer") return;
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const mine = ++newest;
    const reply = await send(form, form.dataset.preview).catch(() => null);
    if (reply?.ok && mine === newest) place.innerHTML = await reply.text();
  }, 180);
});

// an answer or a hint renews its part
document.addEventListener("submit", async (event) => {
  const form = event.target, part = form.closest("section.part");
  if (!form.matches("form.reply") || !part) return;
  event.preventDefault();
  const other = event.submitter?.hasAttribute("formaction");
  const address = other ? event.submitter.formAction : form.action;
  const buttons = form.querySelectorAll("button");
  buttons.forEach((button) => { button.disabled = true; });
  newest += 1;
  const reply = await send(form, address).catch(() => null);
  const page = parsed(reply ? await reply.text() : "");
  const fresh = page.querySelector("section.part");
  if (!reply?.ok || !fresh) {
    part.querySelector(".trouble").textContent = page.querySelector(".message")?.textContent ?? form.dataset.offline;
    buttons.forEach((button) => { button.disabled = false; });
    return;
  }
  part.replaceWith(fresh);
  document.querySelector(`nav.parts a[href="#${fresh.id}"]`)?.setAttribute("data-stand", fresh.dataset.stand);
  const meter = document.querySelector("#done");
  if (meter) {
    meter.value = Number(reply.headers.get("x-done"));
    document.querySelector("#done-said").textContent = `${meter.value} / ${meter.max}`;
  }
  fresh.querySelector(address.endsWith("/hint") ? ".hints li:last-child" : ".outcome")?.focus();
});
