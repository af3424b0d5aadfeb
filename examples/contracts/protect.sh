#!/bin/sh
# Prints the SQL that lets actions work on the company's tables, each on the rows of its own customer. Its DBA reads it,
# and runs it.
set -e
python=${PYTHON:-python}
$python -m worker protect mobile.plans --shared
$python -m worker protect mobile.contracts --owner holder --columns plan_code,monthly_fee,ends_on \
    --reads contract_id,holder,phone,plan_code,monthly_fee,paid_until,bound_until,ends_on
$python -m worker protect mobile.cards --owner holder --adds card_id,contract_id,kind
