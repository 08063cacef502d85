"""The rest of an objection's life: verification, decisions, mail, a key for each person.

Revision: 0006, after 0005.

`account.handle` goes: the handle stays in `objection_account`, as each person wrote it. Of several
objections for one account the first becomes the active one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ACTIVE = sa.text("active")
_WAITING = sa.text("sent_at IS NULL AND failed_at IS NULL")
# The oldest standing objection of each account.
_FIRST_ONES = """
    UPDATE objection_account SET active = {true} WHERE id IN (
        SELECT id FROM (
            SELECT covered.id AS id, row_number() OVER (
                PARTITION BY covered.account_id ORDER BY objection.received_at, objection.id
            ) AS place
            FROM objection_account AS covered
            JOIN objection ON objection.id = covered.objection_id
            WHERE covered.exclusion_state IN ('hold', 'excluded')
        ) AS standing WHERE place = 1
    )
"""


def upgrade() -> None:
    op.create_table(
        "notice_display",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("notice_id", sa.String(32), nullable=False),
        sa.Column("conversation_index", sa.String(64), nullable=False),
        sa.Column("conversation_key_id", sa.String(32), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice_display"),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name="fk_notice_display_notice_id"
        ),
    )
    with op.batch_alter_table("account") as account:
        account.drop_column("handle")
    op.add_column("contact", sa.Column("wrapped_key", sa.LargeBinary))
    with op.batch_alter_table("objection") as objection:
        objection.add_column(sa.Column("verified_at", sa.DateTime(timezone=True)))
        objection.add_column(sa.Column("taken_by", sa.String(32)))
        objection.add_column(sa.Column("closed_at", sa.DateTime(timezone=True)))
        objection.add_column(sa.Column("notice_display_id", sa.String(32)))
        objection.create_foreign_key(
            "fk_objection_notice_display_id", "notice_display", ["notice_display_id"], ["id"]
        )
    op.drop_index("ix_objection_case_status_due_on", "objection")
    op.create_index(
        "ix_objection_case_status_due_on", "objection", ["case_status", "due_on", "reference"]
    )
    op.create_index("ix_objection_closed_at", "objection", ["closed_at"])
    op.create_index("ix_objection_notice_display_id", "objection", ["notice_display_id"])
    op.execute(
        "UPDATE objection SET closed_at = (SELECT withdrawn_at FROM withdrawal "
        "WHERE withdrawal.objection_id = objection.id) WHERE case_status = 'withdrawn'"
    )
    _add_active()
    op.create_table(
        "relation",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("objection_id", sa.String(32), nullable=False),
        sa.Column("earlier_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_relation"),
        sa.ForeignKeyConstraint(
            ["objection_id"], ["objection.id"], name="fk_relation_objection_id"
        ),
        sa.ForeignKeyConstraint(["earlier_id"], ["objection.id"], name="fk_relation_earlier_id"),
        sa.UniqueConstraint(
            "objection_id", "earlier_id", "kind", name="uq_relation_objection_id_earlier_id_kind"
        ),
        sa.CheckConstraint("kind IN ('same_account')", name="kind"),
    )
    op.create_index("ix_relation_earlier_id", "relation", ["earlier_id"])
    op.create_table(
        "verification",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("contact_id", sa.String(32)),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("new_email", sa.LargeBinary),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_index", sa.String(64)),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_verification"),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
            name="fk_verification_contact_id",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "purpose IN ('confirm', 'access', 'change')", name="purpose"
        ),
    )
    op.create_index("ix_verification_contact_id", "verification", ["contact_id"])
    op.create_table(
        "decision",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("objection_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("ground", sa.String(32)),
        sa.Column("text", sa.LargeBinary),
        sa.Column("due_before", sa.Date),
        sa.Column("due_after", sa.Date),
        sa.Column("decided_by", sa.String(32), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(32)),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
        sa.ForeignKeyConstraint(
            ["objection_id"], ["objection.id"], name="fk_decision_objection_id"
        ),
        sa.CheckConstraint(
            "kind IN ('upheld', 'refused', 'not_matched', 'extended', 'reopened')",
            name="kind",
        ),
        sa.CheckConstraint(
            "ground IN ('compelling_grounds', 'legal_claims')", name="ground"
        ),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> decided_by", name="two_operators"
        ),
    )
    op.create_index("ix_decision_objection_id", "decision", ["objection_id"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("contact_id", sa.String(32)),
        sa.Column("objection_id", sa.String(32)),
        sa.Column("verification_id", sa.String(32)),
        sa.Column("decision_id", sa.String(32)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("failed_at", sa.DateTime(timezone=True)),
        sa.Column("problem", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name="fk_outbox_contact_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["objection_id"], ["objection.id"], name="fk_outbox_objection_id"
        ),
        sa.ForeignKeyConstraint(
            ["verification_id"],
            ["verification.id"],
            name="fk_outbox_verification_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name="fk_outbox_decision_id"),
        sa.CheckConstraint(
            "kind IN ('code', 'receipt', 'letter', 'letter_copy', 'withdrawn', 'extended', "
            "'upheld', 'refused', 'not_matched', 'reopened', 'address_changed')",
            name="kind",
        ),
    )
    op.create_index("ix_outbox_contact_id", "outbox", ["contact_id"])
    op.create_index("ix_outbox_objection_id", "outbox", ["objection_id"])
    op.create_index("ix_outbox_verification_id", "outbox", ["verification_id"])
    op.create_index("ix_audit_event_objection_id", "audit_event", ["objection_id"])
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["next_at"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )


def _add_active() -> None:
    with op.batch_alter_table("objection_account") as covered:
        covered.add_column(
            sa.Column("active", sa.Boolean, nullable=False, server_default=sa.false())
        )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(_FIRST_ONES.format(true="1" if on_sqlite else "true"))
    op.create_index(
        "uq_objection_account_active",
        "objection_account",
        ["account_id"],
        unique=True,
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    )


def downgrade() -> None:
    op.drop_index("ix_audit_event_objection_id", "audit_event")
    for table in ("outbox", "decision", "verification", "relation"):
        op.drop_table(table)
    op.drop_index("uq_objection_account_active", "objection_account")
    with op.batch_alter_table("objection_account") as covered:
        covered.drop_column("active")
    op.drop_index("ix_objection_notice_display_id", "objection")
    op.drop_index("ix_objection_closed_at", "objection")
    op.drop_index("ix_objection_case_status_due_on", "objection")
    op.create_index("ix_objection_case_status_due_on", "objection", ["case_status", "due_on"])
    with op.batch_alter_table("objection") as objection:
        objection.drop_constraint("fk_objection_notice_display_id", type_="foreignkey")
        for column in ("notice_display_id", "closed_at", "taken_by", "verified_at"):
            objection.drop_column(column)
    with op.batch_alter_table("contact") as contact:
        contact.drop_column("wrapped_key")
    op.add_column("account", sa.Column("handle", sa.LargeBinary))
    op.drop_table("notice_display")
