"""What a call on a contract does, in one sentence for people. Pure."""

from leverframe.contracts.base import Facts
from leverframe.contracts.plan import CallPlan


def what_it_does(call: CallPlan, facts: Facts) -> str:
    """From what is asked, and from the rows; nothing for a call that says enough by its name."""
    asked = call.planned.arguments
    contract = asked.get("contract_id")
    rows = [change.after or {} for change in call.changes]
    match call.planned.tool:
        case "contracts.end":
            ends = next((row["ends_on"] for row in rows if row.get("ends_on")), "its term")
            fee = next((f", for a fee of {row['amount']} {row['currency']}" for row in rows if row.get("currency")), "")
            return f"End contract {contract} on {ends}{fee}"
        case "contracts.change_plan":
            return f"Move contract {contract} to the plan {asked.get('plan_code')}"
        case "contracts.add_card":
            return f"Give contract {contract} one more {asked.get('kind')}"
    return ""
