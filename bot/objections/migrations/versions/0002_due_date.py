"""The day by which an answer to an objection is due, also for those that are on record already.

Revision: 0002, after 0001.
"""

from __future__ import annotations

from datetime import timezone

import sqlalchemy as sa
from alembic import op

from bot.objections.deadlines import due_on

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OBJECTION = sa.table(
    "objection",
    sa.column("id", sa.String(32)),
    sa.column("received_at", sa.DateTime(timezone=True)),
    sa.column("country", sa.String(2)),
    sa.column("due_on", sa.Date),
)


def upgrade() -> None:
    op.add_column("objection", sa.Column("due_on", sa.Date))
    _fill(op.get_bind())
    with op.batch_alter_table("objection") as objection:
        objection.alter_column("due_on", existing_type=sa.Date(), nullable=False)
    op.create_index("ix_objection_case_status_due_on", "objection", ["case_status", "due_on"])


def _fill(connection: sa.engine.Connection) -> None:
    # Today's function, although a migration is history: what was received before this revision is
    # due by the same law as what is received after it.
    column = OBJECTION.c
    rows = connection.execute(sa.select(column.id, column.received_at, column.country)).all()
    filled = []
    for row in rows:
        moment = row.received_at
        # SQLite keeps no time zone; what it holds is in UTC.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        filled.append({"row": row.id, "due": due_on(moment, row.country)})
    if filled:
        connection.execute(
            sa.update(OBJECTION)
            .where(column.id == sa.bindparam("row"))
            .values(due_on=sa.bindparam("due")),
            filled,
        )


def downgrade() -> None:
    op.drop_index("ix_objection_case_status_due_on", "objection")
    with op.batch_alter_table("objection") as objection:
        objection.drop_column("due_on")
