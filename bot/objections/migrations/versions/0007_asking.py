"""Who asked for a code and where it went, as keyed hashes, so that each can be limited.

Revision: 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COLUMNS = ("asked_in", "asked_from", "sent_to")
_MAILED = sa.text("sent_to IS NOT NULL")


def upgrade() -> None:
    for column in _COLUMNS:
        op.add_column("verification", sa.Column(column, sa.String(64)))
        op.create_index(f"ix_verification_{column}", "verification", [column, "requested_at"])
    op.create_index(
        "ix_verification_mailed",
        "verification",
        ["requested_at"],
        sqlite_where=_MAILED,
        postgresql_where=_MAILED,
    )


def downgrade() -> None:
    op.drop_index("ix_verification_mailed", "verification")
    for column in _COLUMNS:
        op.drop_index(f"ix_verification_{column}", "verification")
    with op.batch_alter_table("verification") as verification:
        for column in _COLUMNS:
            verification.drop_column(column)
