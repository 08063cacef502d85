"""Replies: from a message and its context to commands. What has a grammar is parsed, what is meant
is learned from `data/replies`. May import bot.understanding, the parsers of bot.objections, and
bot.nlu.
"""
