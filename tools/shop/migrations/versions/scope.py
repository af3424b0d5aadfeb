"""Whose rows a transaction may touch: proven scope, row-level security and least grants."""

from alembic import op

revision = "0002"
down_revision = "0001"

OWNED = ("customers", "payment_methods", "orders", "order_items", "order_payments", "fulfilments")

FUNCTIONS = (
    # Only the owner reads the key; it is stored as the two padded keys that HMAC (RFC 2104) starts from.
    """CREATE TABLE leverframe.scope_key (
        one boolean PRIMARY KEY DEFAULT true CHECK (one), inner_pad bytea NOT NULL, outer_pad bytea NOT NULL)""",
    # Both sides are hashed once more, so that the time of the comparison tells nothing about the proof.
    """CREATE FUNCTION leverframe.scope_holds() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT coalesce((
        SELECT sha256(convert_to(current_setting('leverframe.proof', true), 'UTF8'))
             = sha256(convert_to(encode(sha256(outer_pad || sha256(inner_pad || convert_to(
                   current_setting('leverframe.subject', true) || chr(31)
                   || current_setting('leverframe.action', true), 'UTF8'))), 'hex'), 'UTF8'))
        FROM leverframe.scope_key), false) $$""",
    *(
        f"""CREATE FUNCTION leverframe.{name}() RETURNS text
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        AS $$ SELECT CASE WHEN leverframe.scope_holds()
            THEN nullif(current_setting('leverframe.{name}', true), '') END $$"""
        for name in ("subject", "action")
    ),
    "REVOKE ALL ON FUNCTION leverframe.scope_holds(), leverframe.subject(), leverframe.action() FROM PUBLIC",
    "GRANT USAGE ON SCHEMA shop, leverframe TO leverframe_tools, leverframe_auditor",
    "GRANT EXECUTE ON FUNCTION leverframe.subject(), leverframe.action() TO leverframe_tools",
)

POLICIES = tuple(
    statement
    for table in OWNED
    for statement in (
        f"ALTER TABLE shop.{table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE shop.{table} FORCE ROW LEVEL SECURITY",
        # As a sub-select the function runs once per statement and not once per row.
        f"""CREATE POLICY own_rows ON shop.{table} TO leverframe_tools
        USING (customer_id = (SELECT leverframe.subject()))
        WITH CHECK (customer_id = (SELECT leverframe.subject()))""",
    )
)

GRANTS = (
    "GRANT SELECT ON shop.products, shop.variants, shop.order_items TO leverframe_tools",
    """GRANT SELECT (order_id, customer_id, status, placed_at, cancel_reason, cancelled_by_action, version),
             UPDATE (status, cancel_reason, cancelled_by_action) ON shop.orders TO leverframe_tools""",
    "GRANT SELECT, UPDATE (balance) ON shop.payment_methods TO leverframe_tools",
    """GRANT SELECT, INSERT (payment_id, order_id, position, customer_id, transaction_type, amount,
                           payment_method_id, refunds_payment, action_id) ON shop.order_payments
    TO leverframe_tools""",
    # What the audit compares with the ledger: which action says that it changed which row.
    "CREATE POLICY marks ON shop.orders FOR SELECT TO leverframe_auditor USING (true)",
    "GRANT SELECT (order_id, cancelled_by_action) ON shop.orders TO leverframe_auditor",
    "CREATE POLICY marks ON shop.order_payments FOR SELECT TO leverframe_auditor USING (true)",
    "GRANT SELECT (payment_id, action_id) ON shop.order_payments TO leverframe_auditor",
)


def upgrade() -> None:
    for statement in (*FUNCTIONS, *POLICIES, *GRANTS):
        op.execute(statement)
