"""objection-bot: explains one notice in plain words, and files the objection to it."""
