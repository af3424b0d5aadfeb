-- What the company has already: the tables of its own application. Leverframe is not mentioned here.
CREATE SCHEMA mobile;
CREATE TABLE mobile.plans (plan_code text PRIMARY KEY, name text NOT NULL, monthly_fee numeric(8, 2) NOT NULL);
CREATE TABLE mobile.contracts (
    contract_id text PRIMARY KEY,
    holder text NOT NULL,
    phone text NOT NULL,
    plan_code text NOT NULL REFERENCES mobile.plans,
    monthly_fee numeric(8, 2) NOT NULL,
    paid_until date NOT NULL,
    bound_until date NOT NULL,
    ends_on date,
    sales_note text);
CREATE TABLE mobile.cards (
    card_id text PRIMARY KEY,
    contract_id text NOT NULL REFERENCES mobile.contracts,
    holder text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('SIM', 'eSIM')));
INSERT INTO mobile.plans VALUES ('S', 'Small', 9.90), ('M', 'Medium', 19.90), ('L', 'Large', 49.00);
INSERT INTO mobile.contracts (contract_id, holder, phone, plan_code, monthly_fee, paid_until, bound_until) VALUES
    ('C-1001', 'ann', '+49 151 5550101', 'M', 19.90, '2026-11-30', '2027-02-28'),
    ('C-1002', 'ann', '+49 151 5550102', 'L', 49.00, '2026-11-30', '2028-11-30'),
    ('C-2001', 'bob', '+49 151 5550201', 'S', 9.90, '2026-11-30', '2027-11-30');
INSERT INTO mobile.cards VALUES ('K-1', 'C-1001', 'ann', 'SIM'), ('K-2', 'C-1002', 'ann', 'SIM'),
    ('K-3', 'C-2001', 'bob', 'eSIM');
