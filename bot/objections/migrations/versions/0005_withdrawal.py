"""What was taken back, and when.

Revision: 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("objection_id", sa.String(32), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_withdrawal"),
        sa.UniqueConstraint("objection_id", name="uq_withdrawal_objection_id"),
        sa.ForeignKeyConstraint(
            ["objection_id"], ["objection.id"], name="fk_withdrawal_objection_id"
        ),
    )


def downgrade() -> None:
    op.drop_table("withdrawal")
