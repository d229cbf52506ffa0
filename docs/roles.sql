-- What each database role may do (PostgreSQL). Run it as care_migrate after every `ntbcare migrate`; twice is as good as once.
-- care_migrate owns the store; care_rw is the daemon and the staff's commands; care_ro counts tickets and sees no citizen.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO care_rw, care_ro;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO care_rw;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO care_rw;
-- Nothing makes the record of what came, what became of it, or what was done for citizens disappear.
REVOKE DELETE ON raw_items, items, tickets, ticket_events, keys FROM care_rw;
REVOKE UPDATE, DELETE ON audit FROM care_rw;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM care_rw;

GRANT SELECT (number, status, urgency, category, agency, account, supporters, kabupaten, kecamatan, desa, opened_at,
    answer_by, first_response_at, closed_at, merged_into) ON tickets TO care_ro;
