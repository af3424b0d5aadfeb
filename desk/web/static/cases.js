// What a person does with a case. Signed are the case, the step and their own words, and what they found at a system
// outside; beside desk.js.
"use strict";

const one = document.querySelector("[data-case]");
if (one) {
  const { case: about, run, passkeys } = one.dataset;
  const buttons = [...one.querySelectorAll("button")];
  const take = async (step, { call, happened } = {}) => {
    const note = at("note").value.trim();
    if (!note && step === "found") return say("Write first what you have seen there.");
    if (!note && step === "resolve") return say("Say first how it was settled.");
    if (!note && step === "note") return say("Write first what others should know.");
    const until = new Date(Date.now() + VALID_MS).toISOString();
    const digest = hex(await hash({ case: about, note, run }));
    const found = call ? { call, happened: happened === "yes" } : null;
    const amount = found ? hex(await hash(found)) : "";
    const challenge = await hash({ action: about, amount, choice: step, digest, until });
    const body = { step, note, ...found, signed: { ...(await signed(challenge, passkeys.split(" "))), until } };
    const answer = await send(`/cases/${about}`, body);
    say(answer.message, answer.accepted === true);
    if (answer.accepted) setTimeout(() => location.reload(), 800);
  };
  for (const button of buttons) {
    button.disabled = false;
    onClick(button.id, async () => {
      for (const other of buttons) other.disabled = true;
      try { await take(button.dataset.call ? "found" : button.id === "note-it" ? "note" : button.id, button.dataset); } finally { for (const other of buttons) other.disabled = false; }
    });
  }
}
