"""The operators' commands: they read and change the record, and know no conversation."""
