// The talk: one document, no history entries, no storage. The talk's secret lives in this variable alone.

import { guardExit } from "./exit.js";

const both = JSON.parse(document.body.dataset.both);
const firstChoices = JSON.parse(document.body.dataset.choices);
const target = document.body.dataset.leaveTo;
document.body.removeAttribute("data-both");
document.body.removeAttribute("data-choices");

const find = (id) => document.getElementById(id);
const log = find("log");
const choices = find("choices");
const typing = find("typing");
const failed = find("failed");
const form = find("form");
const box = find("message");

let language = document.documentElement.lang;
let busy = false;
let started = false;
const secret = newSecret();
const words = () => both[language];

function newSecret() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function forget() {
  fetch("/forget", {
    method: "POST",
    keepalive: true,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ key: secret }),
    cache: "no-store",
  }).catch(() => {});
}

function speak(code) {
  if (!both[code]) return;
  language = code;
  document.documentElement.lang = code;
  document.title = words().title;
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = words()[element.dataset.word];
    if ("linked" in element.dataset) linkNumbers(element);
  }
  const change = find("language");
  change.textContent = words().language_switch;
  change.lang = code === "en" ? "es" : "en";
  box.placeholder = words().message_placeholder;
}

/** Numbers in a text become links to call. Text is set as text, never as markup. */
function linkNumbers(element) {
  const text = element.textContent;
  const parts = text.split(/(\b1-\d{3}-\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b|\b(?:911|988)\b)/);
  element.replaceChildren(
    ...parts.map((part, index) => {
      if (index % 2 === 0) return document.createTextNode(part);
      const link = document.createElement("a");
      link.href = `tel:${part.replace(/-/g, "")}`;
      link.textContent = part;
      return link;
    }),
  );
}

function bubble(text, mine) {
  const element = document.createElement("div");
  element.className = mine ? "bubble mine" : "bubble";
  const who = document.createElement("span");
  who.className = "hidden";
  who.textContent = `${mine ? words().you_said : words().it_said} `;
  const said = document.createElement("span");
  said.textContent = text;
  if (!mine) linkNumbers(said);
  element.append(who, said);
  log.append(element);
  return element;
}

function offer(buttons) {
  choices.replaceChildren(
    ...buttons.map(({ title, payload }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = title;
      if (/^\/(skip|go_back|affirm\{"choice":"_stop")/.test(payload)) button.className = "side";
      button.addEventListener("click", () => send({ payload }, title));
      return button;
    }),
  );
}

async function send(content, shown) {
  if (busy) return;
  busy = true;
  started = true;
  failed.hidden = true;
  if (shown) bubble(shown, true);
  const before = [...choices.children];
  choices.replaceChildren();
  typing.hidden = false;
  typing.scrollIntoView({ block: "end" });
  try {
    const response = await fetch("/chat", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ key: secret, language, ...content }),
      cache: "no-store",
    });
    const answer = await response.json();
    if (!Array.isArray(answer.replies) || !answer.replies.length) throw new Error("no replies");
    show(answer);
  } catch {
    choices.replaceChildren(...before);
    // What was typed meanwhile stays, behind what could not be sent.
    if (content.message) box.value = [content.message, box.value].filter(Boolean).join("\n");
    grow();
    failed.textContent = words().failed;
    failed.hidden = false;
    failed.scrollIntoView({ block: "end" });
  } finally {
    typing.hidden = true;
    busy = false;
  }
}

function show(answer) {
  if (answer.language && answer.language !== language) speak(answer.language);
  const first = answer.replies.map((reply) => bubble(reply.text, false))[0];
  offer(answer.replies.flatMap((reply) => reply.buttons ?? []));
  // What is most urgent is said first: a long answer begins at the top of the screen.
  first.scrollIntoView({ block: "start" });
}

function grow() {
  box.style.setProperty("height", "auto");
  box.style.setProperty("height", `${Math.min(box.scrollHeight, 160)}px`);
}

// No submit button: without scripts, pressing it must not send the text into an address.
find("send").addEventListener("click", () => form.requestSubmit());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value.trim();
  if (!text || busy) return;
  box.value = "";
  grow();
  send({ message: text }, text);
});
box.addEventListener("input", grow);
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
find("language").addEventListener("click", () => {
  const code = language === "en" ? "es" : "en";
  speak(code);
  if (started) send({ payload: `/change_language{"choice":"_${code}"}` });
  else offer(firstChoices[code]);
});

guardExit({ control: find("leave"), target, forget, spoken: find("spoken"), words });
for (const element of document.querySelectorAll("[data-linked]")) linkNumbers(element);
offer(firstChoices[language]);
