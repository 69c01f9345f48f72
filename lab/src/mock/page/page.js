// The page of `smtp-lab mock`. Whatever comes from a mail is set as text, never as markup.
"use strict";

// So many of either list are shown, and so much of the source of a message.
const MOST_ROWS = 500;
const MOST_OCTETS = 100000;

const byId = (id) => document.getElementById(id);
let chosen = null;
let tab = "Envelope";
let faults = {};
// What is on the page, as JSON. What has not changed is not drawn again, so that a selection, the focus and the scroll position stay.
const drawn = {};

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = String(text);
  if (className) made.className = className;
  return made;
}

function changed(what, value) {
  const now = JSON.stringify(value);
  const before = drawn[what];
  drawn[what] = now;
  return now !== before;
}

async function fetched(path, options) {
  const response = await fetch(path, options);
  if (!response.ok) throw new Error((await response.json()).error);
  return response.status === 204 ? null : response.json();
}

// What is chosen stands in the address, as #session-3, so that a link leads there.
function choose() {
  const parts = /^#(session|message)-(\d+)$/.exec(location.hash);
  chosen = parts ? { kind: parts[1], id: Number(parts[2]) } : null;
  delete drawn.detail;
  if (!chosen) byId("detail").replaceChildren(element("p", "Choose a session or a message."));
  byId("detail").scrollTop = 0;
  // Where the detail is below the lists, it would not be seen.
  if (chosen && matchMedia("(max-width: 60em)").matches) byId("detail").scrollIntoView();
  refresh();
}

const address = (mailbox) => mailbox ? mailbox : "<>";
const time = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });

function row(kind, item, cells) {
  const made = element("tr", null, chosen && chosen.kind === kind && chosen.id === item.id ? "chosen" : "");
  const link = element("a", item.id);
  link.href = `#${kind}-${item.id}`;
  const first = element("td");
  first.append(link);
  for (const [text, className] of cells) {
    const cell = element("td", text, className);
    cell.title = cell.textContent; // a long one is cut
    made.append(cell);
  }
  made.prepend(first);
  made.addEventListener("click", () => { location.hash = link.hash; });
  return made;
}

function fill(id, rows, hint) {
  const empty = element("tr");
  const cell = element("td", rows.length ? `The last ${MOST_ROWS} are shown.` : hint, "empty");
  cell.colSpan = 5;
  empty.append(cell);
  byId(id).tBodies[0].replaceChildren(...rows.reverse(), ...(rows.length && rows.length < MOST_ROWS ? [] : [empty]));
}

function drawLists(sessions, messages) {
  const only = byId("only").checked;
  if (changed("sessions", [sessions, chosen, only])) {
    const rows = sessions.filter((session) => session.violations || !only).map((session) => row("session", session, [
      [time(session.began), session.open ? "open" : ""], [session.peer], [session.messages, "number"],
      [session.violations, session.violations ? "number bad" : "number"]]));
    fill("sessions", rows, only ? "No session has a violation." : "No client has connected.");
  }
  if (changed("messages", [messages, chosen])) {
    const rows = messages.map((message) => row("message", message, [
      [address(message.from)], [message.to.join(", ")], [message.subject], [message.size.toLocaleString("en"), "number"]]));
    fill("messages", rows, "No message was accepted.");
  }
}

// The RFC Editor has an anchor for each section.
function clause(text) {
  const parts = /^RFC (\d+) ([\d.]*\d)/.exec(text);
  if (!parts) return element("span", text);
  const link = element("a", text);
  link.href = `https://www.rfc-editor.org/rfc/rfc${parts[1]}#section-${parts[2]}`;
  link.rel = "noreferrer noopener";
  link.target = "_blank";
  return link;
}

const count = (number, one) => `${number} ${one}${number === 1 ? "" : "s"}`;

function drawSession(session) {
  const dialogue = element("ol", null, "dialogue");
  let before = { who: null, state: null };
  for (const record of session.records) {
    const isClient = record.who === "client";
    const line = element("li", null, record.who + (before.who === "server" && isClient ? " turn" : ""));
    const state = element("span", record.state, record.state === before.state ? "state same" : "state");
    state.title = isClient ? "the state in which this line was read" : "the state after this line";
    line.append(element("b", isClient ? "C:" : "S:"), element("code", record.text), state);
    before = record;
    dialogue.append(line);
    for (const violation of record.violations) {
      const found = element("li", null, `violation ${violation.level}`);
      found.append(element("strong", violation.level.toUpperCase()), `${violation.who}: ${violation.text}`, clause(violation.clause));
      found.title = violation.violation;
      dialogue.append(found);
    }
  }
  if (session.left_out) dialogue.append(element("li", `${session.left_out} more lines are not kept`));
  const facts = [
    `from ${session.peer}`, session.implicit_tls ? "TLS from the first octet" : "", session.open ? "open" : "over",
    count(session.commands, "command"), count(session.messages, "message"), count(session.violations, "violation")];
  byId("detail").replaceChildren(
    element("h2", `Session ${session.id}`), element("p", facts.filter((fact) => fact).join(" · ")), dialogue);
}

function rows(pairs) {
  const table = element("table");
  const body = table.createTBody();
  for (const [name, value] of pairs) {
    const line = body.insertRow();
    line.append(element("th", name), element("td", value));
  }
  return table;
}

function envelope(message) {
  const { from, to, hello, user, tls, mail_parameters: ofMail, rcpt_parameters: ofRcpt } = message.envelope;
  const path = (mailbox, parameters) => `<${mailbox}> ${parameters || ""}`;
  return rows([
    ["from", path(from, ofMail)], ...to.map((mailbox, at) => ["to", path(mailbox, ofRcpt[at])]), ["hello", hello],
    ["user", user === null ? "none" : user], ["TLS", tls ? "yes" : "no"]]);
}

// The first octets: of a large message no more is fetched.
async function source(message) {
  const part = element("div");
  const download = element("a", `Download ${message.id}.eml`);
  download.href = `api/messages/${message.id}/raw`;
  part.append(download);
  const reader = (await fetch(download.href)).body.getReader();
  const decoder = new TextDecoder();
  let text = "", octets = 0;
  for (let piece = await reader.read(); !piece.done && octets < MOST_OCTETS; piece = await reader.read()) {
    octets += piece.value.length;
    text += decoder.decode(piece.value, { stream: true });
  }
  reader.cancel();
  const cut = message.size > octets || text.length > MOST_OCTETS;
  part.append(element("pre", cut ? `${text.slice(0, MOST_OCTETS)}\n(not all of it is shown)` : text));
  return part;
}

async function drawMessage(message) {
  const session = element("a", `session ${message.session}`);
  session.href = `#session-${message.session}`;
  const facts = element("p", `${message.size.toLocaleString("en")} octets · of `);
  facts.append(session);
  const parts = { Envelope: envelope, Header: (of) => rows(of.header), Source: source };
  const panel = element("div");
  panel.setAttribute("role", "tabpanel");
  const tabs = element("div");
  tabs.setAttribute("role", "tablist");
  const show = async (name) => {
    tab = name;
    for (const each of tabs.children) each.setAttribute("aria-selected", String(each.textContent === name));
    const part = await parts[name](message);
    if (tab === name) panel.replaceChildren(part);
  };
  for (const name of Object.keys(parts)) {
    const button = element("button", name);
    button.type = "button";
    button.setAttribute("role", "tab");
    button.addEventListener("click", () => show(name));
    tabs.append(button);
  }
  byId("detail").replaceChildren(element("h2", `Message ${message.id}`), facts, tabs, panel);
  await show(tab);
}

function drawFaults() {
  const one = (when, what, at) => {
    const item = element("li");
    const remove = element("button", "×");
    remove.type = "button";
    remove.title = "switch off";
    remove.setAttribute("aria-label", `switch off ${when}=${what}`);
    remove.addEventListener("click", () => switchFaults(when, faults[when].filter((_, other) => other !== at)));
    item.append(element("code", `${when}=${what}`), remove);
    return item;
  };
  const items = Object.entries(faults).flatMap(([when, list]) => list.map((what, at) => one(when, what, at)));
  byId("faults").replaceChildren(...(items.length ? items : [element("li", "None is switched on.", "none")]));
}

// The list of one place is replaced.
async function switchFaults(when, list) {
  try {
    const body = JSON.stringify({ ...faults, [when]: list });
    faults = await fetched("api/faults", { method: "PUT", headers: { "Content-Type": "application/json" }, body });
    byId("told").textContent = "";
    drawFaults();
    return true;
  } catch (error) {
    byId("told").textContent = error.message;
    return false;
  }
}

async function refresh() {
  const asked = chosen;
  try {
    const [sessions, messages, switched] = await Promise.all([
      fetched(`api/sessions?last=${MOST_ROWS}`), fetched(`api/messages?last=${MOST_ROWS}`), fetched("api/faults")]);
    drawLists(sessions, messages);
    faults = switched;
    if (changed("faults", switched)) drawFaults();
    byId("status").textContent = `${count(sessions.filter((session) => session.open).length, "open session")}`;
    if (asked) {
      const detail = await fetched(`api/${asked.kind}s/${asked.id}`);
      if (asked === chosen && changed("detail", detail)) await (asked.kind === "session" ? drawSession(detail) : drawMessage(detail));
    }
  } catch (error) {
    byId("status").textContent = error instanceof TypeError ? "The program does not answer." : error.message;
  }
}

// The places and the forms of faults are in a table of the program.
async function offerFaults() {
  const { places, examples } = await fetched("api/faults/choices");
  const options = (list, value) => list.map((choice) => {
    const option = element("option", choice[value]);
    option.title = choice.text;
    return option;
  });
  byId("when").replaceChildren(...options(places, "when"));
  byId("when").value = "rcpt";
  byId("whats").replaceChildren(...options(examples, "what"));
  byId("forms").replaceChildren(...examples.flatMap(({ what, text }, at) => [
    at ? "; " : "", element("code", what), `: ${text}`]), ". Faults of one place happen in their order.");
}
byId("fault").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [when, what] = [byId("when").value, byId("what").value.trim()];
  if (await switchFaults(when, [...(faults[when] || []), what])) byId("what").value = "";
});
byId("forget").addEventListener("click", async () => {
  await fetched("api/messages", { method: "DELETE" });
  if (chosen && chosen.kind === "message") location.hash = "";
  refresh();
});
byId("only").addEventListener("change", refresh);
window.addEventListener("hashchange", choose);
offerFaults().catch((error) => { byId("told").textContent = error.message; });
choose();
const watch = async () => {
  await refresh();
  setTimeout(watch, 1000);
};
watch();
