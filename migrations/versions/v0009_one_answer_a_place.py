"""One event of a ticket is answered in several places: to the reporter and to each supporter."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ONCE = "uq_replies_ticket_id_event_id_channel"
ONCE_A_PLACE = "uq_replies_ticket_id_event_id_channel_target"


def upgrade() -> None:
    with op.batch_alter_table("replies") as table:  # the new key first: MariaDB wants one for `ticket_id` at any time
        table.create_unique_constraint(ONCE_A_PLACE, ["ticket_id", "event_id", "channel", "target"])
        table.drop_constraint(ONCE, type_="unique")


def downgrade() -> None:
    kept = "SELECT MIN(id) AS id FROM replies GROUP BY ticket_id, event_id, channel"
    op.execute(f"DELETE FROM replies WHERE id NOT IN (SELECT id FROM ({kept}) AS kept)")  # noqa: S608
    with op.batch_alter_table("replies") as table:
        table.create_unique_constraint(ONCE, ["ticket_id", "event_id", "channel"])
        table.drop_constraint(ONCE_A_PLACE, type_="unique")
