"""The console: the till, the payment loop, the inbox and the rest, as web pages and as an API.

Receives from: people with a browser, programs with a token. Sends to: the terminals' control channel, as a till does.
Records: its users, their sessions and the audit log; of payments nothing, it reads the stations' stores as anybody
may. If it dies here: nothing happened to any money, the stations do not know of it.

Reading order: `people` (who may), `audit` (who did), `reach` (the stations), `site` (what every page shares), the
pages, `app` (all of them), `serve` (the process).
"""
