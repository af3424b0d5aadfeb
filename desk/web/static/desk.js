// The desk's only script: it makes passkeys, signs in, and signs decisions. What is signed is reckoned here, from the
// plan whose rows this script draws: whoever signs has been shown exactly what they sign.
"use strict";

const VALID_MS = 10 * 60 * 1000; // How long a signed decision may be on its way.
const SHOWN_MS = 1500; // How long an answer stands before the page is shown anew.
const UNDO_S = 10; // Seconds in which a decision can be taken back before it is sent.
const at = (id) => document.getElementById(id);
const say = (text, good) => { at("said").textContent = text; at("said").className = good ? "good" : "bad"; };

async function send(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const said = await answer.json().catch(() => ({ message: `The desk does not answer (${answer.status}).` }));
  return { ok: answer.ok, ...said };
}

const utf8 = (text) => new TextEncoder().encode(text);
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const hash = (value) => crypto.subtle.digest("SHA-256", utf8(canonical(value)));
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// RFC 8785: names in the order of UTF-16 code units, numbers and text as ECMAScript writes them.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

async function digestOf(action, plan) {
  const calls = await Promise.all(plan.calls.map(async (call) => hex(await hash({ planned: call.planned, changes: call.changes }))));
  return hex(await hash({ action_id: action, calls }));
}

async function signed(challenge, allowed) {
  const publicKey = {
    challenge, rpId: location.hostname, userVerification: "required",
    allowCredentials: allowed.map((id) => ({ type: "public-key", id: bytes(id) })),
  };
  const made = await navigator.credentials.get({ publicKey });
  return {
    id: base64url(made.rawId), client_data: base64url(made.response.clientDataJSON),
    authenticator_data: base64url(made.response.authenticatorData), signature: base64url(made.response.signature),
  };
}

const failed = (error) => say(error.name === "NotAllowedError"
  ? "Your device did not sign: it was cancelled, took too long, or has no passkey for this desk."
  : `Your browser could not do it: ${error.message}`);

function onClick(id, work) {
  if (at(id)) at(id).addEventListener("click", () => work(at(id)).catch(failed));
}

onClick("enrol", async (button) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(button.dataset.asked));
  const answer = await send(location.pathname, (await navigator.credentials.create({ publicKey })).toJSON());
  say(answer.message, answer.ok);
  button.hidden = answer.ok;
  if (answer.ready) location.assign(`/sign-in?next=${button.dataset.after}`);
  at("next").hidden = !answer.ok;
});

onClick("sign-in", async (button) => {
  const { challenge } = await send("/sign-in/challenge", {});
  const answer = await send("/sign-in", { challenge, signed: { ...(await signed(utf8(challenge), [])), until: "" } });
  say(answer.message, answer.ok);
  if (answer.ok) location.assign(button.dataset.after);
});

// What is not seen, or moves the text around it, is marked; so is a letter that only looks like one of a Latin word.
const UNSEEN = /((?<=[\u0300-\u036F]{8})[\u0300-\u036F]|[\u2800\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}])\1*/gu;
const LOOKALIKE = /[ƖƼƽɑɡɩʟͿΑΒΓΕΗΙΚΝΟΡΤΥΧαβγεηικνορτυχϲϳϹЅІЈАВЕКМНОРСТУХЬавекмнорстухьѕіјҮүҺһӀӏԀԁԌԍԚԛԜԝԶՀՈՍՕզհոսօᎠᎢᎥᎪᎫᎬᎳᎷᎻᏀᏃᏙᏚᏞᏟᏢᏦᏴᴄᴏᴜᴠᴡᴢⱭꜱꞬꭺ]/gu; // As leverframe/lookalikes.py.
const mark = (letter) => `⟨U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
function inert(text) {
  const told = String(text).replace(/[\p{L}\p{N}_]+/gu, (word) => /[A-Za-z]/.test(word)
    ? word.replace(LOOKALIKE, (letter) => `${mark(letter)}⟩`) : word);
  return told.replace(/\r?\n/g, "↵ ").replace(UNSEEN, (run, one) => {
    const count = [...run].length;
    return `${mark(one)}${count > 1 ? `×${count}` : ""}⟩`;
  });
}
function json(value) {
  if (Array.isArray(value)) return `[${value.map(json).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).map((name) => `${JSON.stringify(name)}: ${json(value[name])}`).join(", ")}}`;
}
const shown = (value) => inert(value === null || value === undefined || value === "" ? "–"
  : value === true ? "yes" : value === false ? "no" : typeof value === "string" ? value : json(value));
const named = (name) => inert(/^[A-Za-z][A-Za-z0-9_. ]{0,79}$/.test(name) ? name.replaceAll("_", " ") : name);
const pairs = (row) => Object.keys(row).sort().map((name) => `${named(name)} ${shown(row[name])}`).join(", ");

// As leverframe/naming.py: things.what_is_done.
function writing(tool) {
  if (!/^[A-Za-z][A-Za-z0-9_. ]{0,79}$/.test(tool)) return inert(tool);
  const [things, done = ""] = tool.split(/\.(.*)/s), [verb, ...rest] = done.split("_");
  const capital = verb.charAt(0).toUpperCase() + verb.slice(1);
  if (rest.join(" ") === "open") return `${capital} open ${things.replaceAll("_", " ")}`;
  return [capital, things.replaceAll("_", " ").replace(/s$/, ""), rest.join(" ")].filter(Boolean).join(" ");
}

function row(cells, tag) {
  const line = document.createElement("tr");
  for (const [text, kind, span] of cells) {
    const cell = line.appendChild(document.createElement(tag || "td"));
    cell.textContent = text;
    if (kind) cell.className = kind;
    if (span) cell.colSpan = span;
  }
  return line;
}

// As leverframe/plan_lines.py tells it on the other screens; a test compares the two.
function tableOf(plan) {
  const body = document.createElement("tbody"), standing = [];
  plan.calls.forEach((call, place) => {
    const asked = `${place + 1}. ${writing(call.planned.tool)}`;
    if (!call.changes.length) body.append(row([[`${asked}: no row: ${pairs(call.planned.arguments) || "–"}`, "row", 3]], "th"));
    for (const change of call.changes) {
      const before = change.before || {}, after = change.after || {};
      const what = change.asking ? "asked outside" : change.before === null ? "added" : change.after === null ? "removed" : "changed";
      body.append(row([[`${asked}: ${named(change.table)}: ${pairs(change.key)} (${what})`, "row", 3]], "th"));
      for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
        body.append(row([[named(name)], [shown(before[name])], [shown(after[name]), "after"]]));
      }
      if (change.asking) {
        const goes = { user: "as the user", service: "with a service account" }[change.asking.credential];
        const told = [["goes", goes], ["if it changes meanwhile", inert(change.asking.safeguard)]];
        const before = `${standing.join(", ")} has been asked already: that is undone, or a person takes over`;
        if (standing.length) told.push(["if it fails", before]);
        for (const [name, words] of told) body.append(row([[name], ["–"], [words, "after"]]));
      }
    }
    for (const change of call.changes) if (change.asking) standing.push(named(change.table));
  });
  const table = document.createElement("table");
  table.className = "rows";
  table.append(document.createElement("thead"), body);
  table.tHead.append(row([["What"], ["before"], ["after"]], "th"));
  return table;
}

async function decideOn(box) {
  const { action, digest, passkeys } = box.dataset;
  const plan = JSON.parse(box.dataset.plan);
  at("plan").replaceChildren(tableOf(plan));
  if ((await digestOf(action, plan)) !== digest) {
    say("Do not decide: the plan that is shown is not the one that would be signed. Tell whoever runs Leverframe.");
    return;
  }
  const decide = (choice) => async () => {
    const amount = choice === "approve" && at("amount") ? at("amount").value.trim() : "";
    if (choice === "approve" && at("amount") && !amount) return say("Type how much money it is about, as you have read it.");
    const until = new Date(Date.now() + VALID_MS).toISOString();
    const challenge = await hash({ action, digest, choice, amount, until });
    const decision = { choice, digest, amount, note: at("note").value, signed: { ...(await signed(challenge, passkeys.split(" "))), until } };
    if (await undone()) return say("Taken back: nothing was sent.", true);
    const answer = await send(`/actions/${action}/decision`, decision);
    say(answer.message, answer.accepted === true);
    if (answer.accepted) for (const id of ["approve", "reject", "undo"]) at(id).hidden = true;
  };
  const handle = (act, of = () => ({})) => async () => {
    const { to = "", args = {} } = of();
    const until = new Date(Date.now() + VALID_MS).toISOString();
    const about = hex(await hash({ to, arguments: args }));
    const challenge = await hash({ action, digest, choice: act, amount: about, until });
    const sent = { act, digest, note: at("note").value, to, arguments: args, signed: { ...(await signed(challenge, passkeys.split(" "))), until } };
    const answer = await send(`/actions/${action}/handling`, sent);
    say(answer.message, answer.accepted === true);
    if (answer.accepted) setTimeout(() => location.reload(), SHOWN_MS);
  };
  const doings = { claim: handle("claim"), release: handle("release"),
    "hand-over": handle("hand_over", () => ({ to: at("to").value })), correct: handle("correct", () => ({ args: chosen() })) };
  for (const [id, work] of Object.entries(doings)) {
    onClick(id, work);
    if (at(id)) at(id).disabled = false;
  }
  for (const choice of ["approve", "reject"]) {
    onClick(choice, async () => {
      for (const id of ["approve", "reject"]) at(id).disabled = true;
      try { await decide(choice)(); } finally { for (const id of ["approve", "reject"]) at(id).disabled = false; }
    });
    if (at(choice)) at(choice).disabled = false;
  }
}

// What was chosen otherwise than the plan has it.
function chosen() {
  const args = {};
  for (const one of document.querySelectorAll("[data-argument]")) {
    const changed = [...one.options].some((option) => option.selected !== option.defaultSelected);
    const picked = [...one.selectedOptions].map((option) => option.value);
    if (changed) args[one.dataset.argument] = one.multiple ? picked : picked[0];
  }
  return args;
}

// Whether the person took it back within the time for that.
function undone() {
  const button = at("undo");
  return new Promise((resolve) => {
    let left = UNDO_S;
    const end = (back) => { clearInterval(clock); button.hidden = true; button.onclick = null; resolve(back); };
    const tell = () => say(`Signed. It is sent in ${left} s.`, true);
    const clock = setInterval(() => { left -= 1; if (left > 0) tell(); else end(false); }, 1000);
    button.hidden = false;
    button.onclick = () => end(true);
    tell();
  });
}

const box = document.querySelector("[data-plan]");
if (box) decideOn(box).catch(failed);
