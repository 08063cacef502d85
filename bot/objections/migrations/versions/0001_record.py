"""The record of objections: who objected, for which accounts, under which notice.

Revision: 0001, the first.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A migration is history: it spells out its types and lists rather than importing today's.
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("version", "language", name="uq_notice_version_language"),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("platform", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16)),
        sa.Column("handle_index", sa.String(64), nullable=False),
        sa.Column("handle_key_id", sa.String(32), nullable=False),
        sa.Column("handle", sa.LargeBinary),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint(
            "platform",
            "handle_index",
            "handle_key_id",
            name="uq_account_platform_handle_index_handle_key_id",
        ),
        sa.CheckConstraint("kind IN ('profile', 'page', 'channel')", name=op.f("ck_account_kind")),
    )
    op.create_table(
        "account_center",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account_center"),
    )
    op.create_table(
        "center_link",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_center_id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("linked_from", MOMENT, nullable=False),
        sa.Column("linked_to", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_center_link"),
        sa.ForeignKeyConstraint(
            ["account_center_id"],
            ["account_center.id"],
            name="fk_center_link_account_center_id",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_center_link_account_id"),
        sa.CheckConstraint(
            "source IN ('self-declared', 'directory')", name=op.f("ck_center_link_source")
        ),
    )
    op.create_index("ix_center_link_account_id", "center_link", ["account_id"])
    op.create_index(
        "uq_center_link_open",
        "center_link",
        ["account_center_id", "account_id"],
        unique=True,
        sqlite_where=sa.text("linked_to IS NULL"),
        postgresql_where=sa.text("linked_to IS NULL"),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("full_name", sa.LargeBinary, nullable=False),
        sa.Column("email", sa.LargeBinary, nullable=False),
        sa.Column("email_index", sa.String(64), nullable=False),
        sa.Column("email_key_id", sa.String(32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_email_index", "contact", ["email_index"])
    op.create_table(
        "objection",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("reference", sa.String(32), nullable=False),
        sa.Column("batch_id", sa.String(32), nullable=False),
        sa.Column("batch_position", sa.Integer, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("country", sa.String(2)),
        sa.Column("reason", sa.LargeBinary),
        sa.Column("case_status", sa.String(16), nullable=False),
        sa.Column("notice_id", sa.String(32), nullable=False),
        sa.Column("account_center_id", sa.String(32), nullable=False),
        sa.Column("contact_id", sa.String(32)),
        sa.Column("idempotency_key", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_objection"),
        sa.UniqueConstraint("reference", name="uq_objection_reference"),
        sa.UniqueConstraint(
            "batch_id", "batch_position", name="uq_objection_batch_id_batch_position"
        ),
        sa.UniqueConstraint(
            "idempotency_key",
            "batch_position",
            name="uq_objection_idempotency_key_batch_position",
        ),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_objection_notice_id"),
        sa.ForeignKeyConstraint(
            ["account_center_id"],
            ["account_center.id"],
            name="fk_objection_account_center_id",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
            name="fk_objection_contact_id",
            ondelete="SET NULL",
        ),
        sa.CheckConstraint(
            "case_status IN ('received', 'in_review', 'upheld', 'handled', 'refused', "
            "'not_matched', 'withdrawn')",
            name=op.f("ck_objection_case_status"),
        ),
    )
    op.create_index("ix_objection_account_center_id", "objection", ["account_center_id"])
    op.create_index("ix_objection_contact_id", "objection", ["contact_id"])
    op.create_table(
        "objection_account",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("objection_id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("handle", sa.LargeBinary),
        sa.Column("basis", sa.String(16), nullable=False),
        sa.Column("exclusion_state", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_objection_account"),
        sa.UniqueConstraint(
            "objection_id", "account_id", name="uq_objection_account_objection_id_account_id"
        ),
        sa.UniqueConstraint(
            "objection_id", "position", name="uq_objection_account_objection_id_position"
        ),
        sa.ForeignKeyConstraint(
            ["objection_id"], ["objection.id"], name="fk_objection_account_objection_id"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_objection_account_account_id"
        ),
        sa.CheckConstraint("basis IN ('named', 'center')", name=op.f("ck_objection_account_basis")),
        sa.CheckConstraint(
            "exclusion_state IN ('none', 'hold', 'excluded', 'released')",
            name=op.f("ck_objection_account_exclusion_state"),
        ),
    )
    op.create_index("ix_objection_account_account_id", "objection_account", ["account_id"])


def downgrade() -> None:
    for table in (
        "objection_account",
        "objection",
        "contact",
        "center_link",
        "account_center",
        "account",
        "notice",
    ):
        op.drop_table(table)
