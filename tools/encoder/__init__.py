"""Makes the sentence encoder: multilingual-e5-small, cut to two languages and tuned to the training data.

Runs in an environment of its own (requirements.txt beside this file); what it makes is kept in
bot/understanding/encoder and needs none of it.
"""
