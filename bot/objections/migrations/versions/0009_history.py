"""The history of one objection, found in the audit log without reading all of it.

Revision: 0009, after 0006.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_audit_event_objection_id", "audit_event", ["objection_id"])


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_audit_event_objection_id", "audit_event")
