"""What a message does: the commands, their context, and the message scanned once.

Pure words and values: knows no Rasa, no model, no record.
"""
