"""The page, its exit and its headers. Usable by itself: knows nothing of the assistant's rooms."""
