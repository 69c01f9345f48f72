// The page of `smtp-lab mock`. Whatever comes from a mail is set as text, never as markup.
"use strict";

const byId = (id) => document.getElementById(id);
let chosen = null;
let drawn = "";

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = String(text);
  if (className) made.className = className;
  return made;
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
  drawn = "";
  if (!chosen) byId("detail").replaceChildren(element("p", "Choose a session or a message.", "hint"));
  refresh();
}

function row(kind, item, cells) {
  const made = element("tr", null, chosen && chosen.kind === kind && chosen.id === item.id ? "chosen" : "");
  const link = element("a", item.id);
  link.href = `#${kind}-${item.id}`;
  const first = element("td");
  first.append(link);
  made.append(first, ...cells.map(([text, className]) => element("td", text, className)));
  return made;
}

function fill(id, rows) {
  byId(id).tBodies[0].replaceChildren(...rows.reverse());
}

// The RFC Editor has an anchor for each section.
function clause(text) {
  const parts = /^RFC (\d+) ([\d.]+)/.exec(text);
  if (!parts) return element("span", text);
  const link = element("a", text);
  link.href = `https://www.rfc-editor.org/rfc/rfc${parts[1]}#section-${parts[2]}`;
  link.rel = "noreferrer noopener";
  link.target = "_blank";
  return link;
}

function drawSession(session) {
  const dialogue = element("ol", null, "dialogue");
  for (const record of session.records) {
    const line = element("li", null, record.who);
    line.append(element("b", record.who === "client" ? "C" : "S"), element("code", record.text));
    if (record.state) line.append(element("i", record.state));
    dialogue.append(line);
    for (const violation of record.violations) {
      const found = element("li", null, `violation ${violation.level}`);
      found.append(element("span", `${violation.who} ${violation.level}: ${violation.text} `), clause(violation.clause));
      dialogue.append(found);
    }
  }
  if (session.left_out) dialogue.append(element("li", `${session.left_out} more lines are not kept`));
  byId("detail").replaceChildren(element("h2", `Session ${session.id} from ${session.peer}`), dialogue);
}

async function drawMessage(message) {
  const source = await (await fetch(`api/messages/${message.id}/raw`)).text();
  const facts = element("dl");
  const fact = (name, value) => facts.append(element("dt", name), element("dd", value));
  fact("from", `<${message.envelope.from}> ${message.envelope.mail_parameters || ""}`);
  message.envelope.to.forEach((to, at) => fact("to", `<${to}> ${message.envelope.rcpt_parameters[at] || ""}`));
  fact("hello", message.envelope.hello);
  if (message.envelope.user !== null) fact("user", message.envelope.user);
  fact("TLS", message.envelope.tls ? "yes" : "no");
  const header = element("table");
  for (const [name, value] of message.header) {
    const line = element("tr");
    line.append(element("th", name), element("td", value));
    header.append(line);
  }
  const download = element("a", `${message.id}.eml`);
  download.href = `api/messages/${message.id}/raw`;
  const shown = source.length > 100000 ? `${source.slice(0, 100000)}\n...` : source;
  byId("detail").replaceChildren(
    element("h2", `Message ${message.id} of session ${message.session}`), element("h3", "Envelope"), facts,
    element("h3", "Header"), header, element("h3", "Source"), download, element("pre", shown));
}

async function refresh() {
  try {
    const [sessions, messages] = await Promise.all([fetched("api/sessions"), fetched("api/messages")]);
    fill("sessions", sessions.map((session) => row("session", session, [
      [session.peer], [session.messages], [session.violations, session.violations ? "bad" : ""], [session.open ? "open" : ""]])));
    fill("messages", messages.map((message) => row("message", message, [
      [message.from || "<>"], [message.to.join(" ")], [message.subject], [message.size]])));
    byId("status").textContent = `${sessions.length} sessions, ${messages.length} messages`;
    if (chosen) {
      const detail = await fetched(`api/${chosen.kind}s/${chosen.id}`);
      // What is selected or scrolled to stays while nothing is new.
      const now = JSON.stringify(detail);
      if (now !== drawn) {
        drawn = now;
        await (chosen.kind === "session" ? drawSession(detail) : drawMessage(detail));
      }
    }
  } catch (error) {
    byId("status").textContent = error.message;
  }
}

function written(faults) {
  return Object.entries(faults).flatMap(([when, list]) => list.map((what) => `${when}=${what}`)).join("\n");
}

async function switchFaults() {
  const faults = {};
  for (const line of byId("faults").value.split("\n").filter((line) => line.trim())) {
    const [when, ...what] = line.trim().split("=");
    (faults[when] ||= []).push(what.join("="));
  }
  try {
    const options = { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(faults) };
    byId("faults").value = written(await fetched("api/faults", options));
    byId("switched").textContent = "switched";
  } catch (error) {
    byId("switched").textContent = error.message;
  }
}

byId("switch").addEventListener("click", switchFaults);
byId("forget").addEventListener("click", async () => {
  await fetched("api/messages", { method: "DELETE" });
  if (chosen && chosen.kind === "message") location.hash = "";
  refresh();
});
fetched("api/faults").then((faults) => { byId("faults").value = written(faults); });
window.addEventListener("hashchange", choose);
choose();
setInterval(refresh, 1000);
