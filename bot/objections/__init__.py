"""Filing an objection and what follows: plain Python, without a chatbot or a web framework."""
