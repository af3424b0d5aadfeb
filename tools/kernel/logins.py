"""The roles of the database: one that owns the kernel and cannot log in, and a login for each that works with it."""

from datetime import timedelta

from tools.kernel.limits import LONGEST_CALL, LONGEST_TRANSACTION, Limits

OWNER = "leverframe_owner"
TOOLS = "leverframe_tools"
APPROVALS = "leverframe_approvals"
AUDITOR = "leverframe_auditor"
KEYS = "leverframe_keys"
SEALER = "leverframe_sealer"

MINUTE = timedelta(minutes=1)
LIMITS = {
    TOOLS: Limits(40, statement=LONGEST_CALL, idle=LONGEST_CALL, transaction=LONGEST_TRANSACTION),
    APPROVALS: Limits(20, statement=MINUTE, idle=MINUTE, transaction=2 * MINUTE),
    # Reads whole ledgers, part by part, and locks nothing that others need.
    AUDITOR: Limits(10, statement=15 * MINUTE, idle=15 * MINUTE),
    # May seal everybody's key anew in one transaction.
    KEYS: Limits(15, statement=5 * MINUTE, idle=MINUTE),
    SEALER: Limits(5, statement=5 * MINUTE, idle=5 * MINUTE, transaction=10 * MINUTE),
}
LOGINS = tuple(LIMITS)
ROLES = tuple(
    f"""DO $$ BEGIN CREATE ROLE {role} NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS {login};
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"""
    for role, login in ((OWNER, "NOLOGIN"), *((login, "LOGIN") for login in LOGINS))
)
"""The statements that make them, where they are not there."""
