"""The receipt of each objection.

Revision: 0004, after 0003. Objections that were filed before it have none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipt",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("objection_id", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("signature", sa.String(88), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
        sa.UniqueConstraint("objection_id", name="uq_receipt_objection_id"),
        sa.ForeignKeyConstraint(
            ["objection_id"], ["objection.id"], name="fk_receipt_objection_id"
        ),
    )


def downgrade() -> None:
    op.drop_table("receipt")
