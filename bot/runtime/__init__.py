"""Adapters between Rasa, the actions, the database and the web."""
