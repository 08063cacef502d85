"""Filing an objection: the form, how a reply to it is read, and the record."""
