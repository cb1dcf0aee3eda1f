"""What each station should have done, worked out a second time from what it heard: by the rules, not by its code.

Receives from: every committed step, with what arrived and what was said (`reading`). Sends to: nobody; a difference is
a broken promise. Records: what it expects, in memory. If it dies here: nothing happened.

Reading order: `reading` (messages and keys), `bank` (an issuer: exactly), `asks` and `host` (the switch), `till` (a
machine's terminals) with `paper` and `questions`, `story` (the verdict and its words), `files` (what is
kept of it all).
"""
