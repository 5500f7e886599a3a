"""A stand-in for the B2B Family service: it really delivers, tracks and calls back.

One process, three loopback ports: the service's HTTP API with its board, a catch-all
SMTP server, and a mailbox page that shows what the SMTP server caught. It exists for
demonstrations, tests and benchmarks, and is no part of the addon.

    account         the one demo account, and the login hash
    api             the calls of the service
    letter_request  what a `POST /mail` may say
    tracking        the pixel and the links that readers fetch
    board           the page with the columns Sent and Opened
    store           letters, uploads, api keys, subscriptions
    journal         what readers did, and the statistics of it
    delivery        letters out, by SMTP; rendering makes their bodies
    webhooks        news out, by HTTP
    mailbox         the catch-all SMTP server and its page
    faults          misbehaviour, switched on by tests
    control_api     /sandbox/..., the tests' remote control
    control         the same from Python: `Sandbox`

Facts about the real service are marked M (its manual), P (public client code) or A
(assumed in the same manner).
"""
