"""How many activities each role runs at a time, and with how many database connections."""

GUARDS_CONCURRENCY = 20
APPROVALS_CONCURRENCY = 10
"""Also the number of database connections: an activity never waits for one."""
TOOLS_CONCURRENCY = 10
TOOLS_CONNECTIONS = TOOLS_CONCURRENCY + 5
"""One for each activity, and some for the short transactions of the outbox, which run beside a call's own."""
NOTIFICATIONS_CONCURRENCY = 50
"""A receiver that does not answer holds up as many for an attempt, and not those of the others for long."""
