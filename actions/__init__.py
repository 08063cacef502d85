"""Rasa custom actions: they speak with `bot.objections` and with the person, and know no other."""
