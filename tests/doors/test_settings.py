# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Settings, set-up and own accounts: who gets in, tried from outside.

Each role calls over real JSON-RPC what no screen offers him; the database must be what
it was. In-process tests see neither the sessions nor the transactions of a server.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from world import RpcError

from devtools.sandbox.control import wait_for

ACCESS, USER = "AccessError", "UserError"
SCREENS = ("b2b.family.credentials.mixin", "b2b.family.setup", "res.config.settings")
BUTTONS = (
    *("get_api_key", "subscribe", "unsubscribe", "confirm_instance"),
    "check",
)
PARAMETERS = "SELECT key, value FROM ir_config_parameter ORDER BY key"
ACCOUNTS = (
    "SELECT id, b2b_family_email, b2b_family_mail_password_kept,"
    " b2b_family_api_key_kept, b2b_notice_open FROM res_users ORDER BY id"
)
LETTERS = "SELECT id, state, email, next_try_date FROM b2b_family_letter ORDER BY id"
STATUS = (
    "SELECT id, refusal_count, paused_until FROM b2b_family_service_status ORDER BY id"
)
HOST_BOUND = (
    *("api_key", "app_key", "secret_key", "mail_password"),
    *("webhook_token", "webhook_ref"),
)
MINE = "own@b2b.example"


@pytest.fixture
def world(doors):
    return doors


@pytest.fixture
def people(doors):
    return {
        "portal": doors.port,
        "employee": doors.emp,
        "salesperson": doors.alice,
        "manager": doors.mgr,
    }


def snapshot(world):
    calls = [len(world.sandbox.requests(call)) for call in ("login", "subscribe")]
    calls.append(len(world.sandbox.requests("unsubscribe")))
    queries = (PARAMETERS, ACCOUNTS, LETTERS, STATUS)
    return calls, *(world.sql(query) for query in queries)


def status(world, user=None):
    """Return how many logins of an account were refused in a row."""
    query = (
        "SELECT refusal_count FROM b2b_family_service_status"
        " WHERE user_id IS NOT DISTINCT FROM %s"
    )
    [(count,)] = world.sql(query, user)
    return count


def forget_refusals(world):
    world.sql("DELETE FROM b2b_family_service_status")


def logins(world):
    # Each login is signed both ways before the refusal is believed.
    return len(world.sandbox.requests("login")) / 2


def refuse(call):
    with pytest.raises(RpcError) as caught:
        call()
    return str(caught.value)


def test_settings_and_set_up_are_for_administrators(world, people):
    setup = world.admin.create("b2b.family.setup")
    mine = people["salesperson"].id
    doors = [
        *((model, f"action_b2b_{name}", []) for model in SCREENS for name in BUTTONS),
        *(
            (model, f"action_b2b_{name}", [record])
            for model, record in zip(SCREENS[1:], (setup, world.settings), strict=True)
            for name in BUTTONS
        ),
        ("b2b.family.setup", "action_b2b_test_letter", []),
        ("b2b.family.setup", "action_b2b_test_letter", [setup]),
        ("res.config.settings", "action_b2b_open_waiting", []),
        ("res.config.settings", "set_values", []),
        ("res.config.settings", "set_values", [world.settings]),
        ("res.config.settings", "execute", [world.settings]),
    ]
    before, tried = snapshot(world), 0
    for role, person in people.items():
        for model, method, ids in doors:
            # A parameter of core's is read before our check is reached.
            assert person.refusal(model, method, ids) == ACCESS, (role, model, method)
            tried += 1
        # Another's account, and none.
        others = [] if role == "salesperson" else [mine]
        for ids in ([world.seller_id()], [], others):
            refused = person.refusal("res.users", "action_b2b_get_api_key", ids)
            assert refused == ACCESS, (role, ids)
            tried += 1
        fetch = person.refusal("b2b.family.template", "action_fetch", [])
        assert fetch == (None if role == "manager" else ACCESS)
        assert snapshot(world) == before, role
    print(f"{tried} calls by {len(people)} roles: all refused, nothing changed")
    for button in ("get_api_key", "unsubscribe", "subscribe"):
        world.press_settings(f"action_b2b_{button}")


def test_the_screens_tell_nothing_to_who_may_not_open_them(world, people):
    [(email,)] = world.sql(
        "SELECT value FROM ir_config_parameter WHERE key = 'b2b_family_mail.email'"
    )
    names = ("b2b_family_email", "b2b_family_api_url", "b2b_family_last_error")
    for role, person in people.items():
        for model in SCREENS:
            fields = names if model == SCREENS[2] else names[:1]
            told = []
            for method, args in (
                ("onchange", ([], {}, [], {name: {} for name in fields})),
                ("default_get", (list(fields),)),
                ("web_search_read", ([], {name: {} for name in fields})),
            ):
                try:
                    told.append(person.call(model, method, *args))
                except RpcError:
                    continue
            assert email not in str(told), (role, model)
            assert world.sandbox.url not in str(told), (role, model)


def test_only_who_writes_letters_has_an_own_account(world, people):
    fields = ("b2b_family_email", "b2b_family_mail_password", "b2b_notice_open")
    before = snapshot(world)
    for role in ("portal", "employee"):
        for name in fields:
            person = people[role]
            told = refuse(
                lambda p=person, n=name: p.call(
                    "res.users", "write", [p.id], {n: "none"}
                )
            )
            assert "B2B" in told or "letter" in told
            assert (
                person.refusal("res.users", "write", [person.id], {name: "none"})
                == ACCESS
            )
    assert snapshot(world) == before
    seller = people["salesperson"]
    assert not seller.refusal(
        "res.users", "write", [seller.id], {"b2b_notice_open": "none"}
    )
    assert seller.refusal("res.users", "action_b2b_get_api_key", [seller.id]) == USER
    assert snapshot(world)[0] == before[0], "without an own mailbox nobody logs in"


def test_an_own_account_is_its_owners_to_see(world, people):
    owner = people["salesperson"]
    owner.call("res.users", "write", [owner.id], {"b2b_family_email": MINE})
    known = [*ACCOUNT_NAMES, "b2b_notice_open"]
    assert (
        owner.call("res.users", "read", [owner.id], known)[0]["b2b_family_email"]
        == MINE
    )
    [seen] = world.admin.call("res.users", "read", [owner.id], known)
    assert seen["b2b_family_email"] == MINE
    for role in ("portal", "employee", "manager"):
        person = people[role]
        told = []
        for name in known:
            domain = [(name, "=", MINE if "email" in name else "popup")]
            for method, args, kwargs in (
                ("read", ([owner.id], [name]), {}),
                ("search", (domain,), {}),
                ("search_count", (domain,), {}),
                ("search_read", ([("id", "=", owner.id)], [name]), {}),
                ("search", ([],), {"order": name}),
                ("formatted_read_group", ([], [name]), {"aggregates": ["__count"]}),
                ("web_read", ([owner.id], {name: {}}), {}),
                ("export_data", ([owner.id], [name]), {}),
            ):
                try:
                    told.append(person.call("res.users", method, *args, **kwargs))
                    shown = (role, method, name, told[-1])
                    assert MINE not in str(told[-1]), shown
                    assert method not in ("search", "search_count"), shown
                    assert method != "formatted_read_group", shown
                except RpcError:
                    continue
        path = [("user_ids.b2b_family_email", "=", MINE)]
        assert person.refusal("res.partner", "search", path) == ACCESS
    # Neither can he himself be found by it.
    assert (
        owner.refusal("res.users", "search", [("b2b_family_email", "=", MINE)])
        == ACCESS
    )


ACCOUNT_NAMES = (
    "b2b_family_email",
    "b2b_family_api_key_is_set",
    "b2b_family_mail_password_is_set",
)


def test_passwords_cannot_be_tried_one_after_another(world, people):
    forget_refusals(world)
    person = people["salesperson"]
    account = world.sandbox.credentials

    def enter(email, password):
        values = {"b2b_family_email": email, "b2b_family_mail_password": password}
        person.call("res.users", "write", [person.id], values)

    def press(_number=None):
        return person.refusal("res.users", "action_b2b_get_api_key", [person.id])

    enter(account["email"], "guess")
    start = logins(world)
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(press, range(12)))
    print(f"12 presses at once: {logins(world) - start:g} logins")
    assert set(refused) == {USER}
    assert logins(world) - start == 5
    assert status(world, person.id) == 5
    told = refuse(
        lambda: person.call("res.users", "action_b2b_get_api_key", [person.id])
    )
    assert "5 times" in told and "15 minutes" in told
    # Neither another mailbox helps, nor the right password.
    for email, password in (
        ("other@x.example", "x"),
        (account["email"], account["password"]),
    ):
        enter(email, password)
        assert press() == USER
    assert logins(world) - start == 5

    world.sql(
        "UPDATE b2b_family_service_status SET refusal_date = refusal_date - interval '16 min'"
    )
    assert press() is None
    assert status(world, person.id) in (0, 5)
    enter("victim@x.example", "guess")
    assert press() == USER
    assert status(world, person.id) == 1
    # A success of the own mailbox does not buy guesses at another's.
    enter(account["email"], account["password"])
    assert press() is None
    assert status(world, person.id) == 1
    forget_refusals(world)
    enter(account["email"], "typing error")
    assert press() == USER
    enter(account["email"], account["password"])
    assert press() is None
    assert status(world, person.id) == 0
    enter(False, False)


def test_the_company_has_to_wait_as_well(world):
    forget_refusals(world)
    world.sandbox.settings(password_revoked=True)
    start = logins(world)
    for _ in range(5):
        told = refuse(lambda: world.press_settings("action_b2b_get_api_key"))
        assert "did not accept" in told
    told = refuse(lambda: world.press_settings("action_b2b_get_api_key"))
    assert "15 minutes" in told
    assert logins(world) - start == 5
    world.sandbox.settings(password_revoked=False)
    forget_refusals(world)


def test_a_login_resumes_the_letters_of_its_own_account(world, people):
    person, account = people["salesperson"], world.sandbox.credentials
    forget_refusals(world)
    world.set_crons(False)
    world.sandbox.fault("send", "rate_limit", times=None)
    mails = [world.send_mail(f"reader{number}@client.example") for number in range(2)]
    for mail in mails:
        world.wait_state(mail, "queued")
    world.sandbox.clear_faults()
    world.sql(
        "UPDATE b2b_family_letter SET account_id = %s WHERE mail_id = %s",
        person.id,
        mails[0],
    )
    values = {
        "b2b_family_email": account["email"],
        "b2b_family_mail_password": account["password"],
    }
    person.call("res.users", "write", [person.id], values)
    query = "SELECT mail_id FROM b2b_family_letter WHERE next_try_date IS NOT NULL"
    assert len(world.sql(query)) == 2
    person.call("res.users", "action_b2b_get_api_key", [person.id])
    assert world.sql(query) == [(mails[1],)]
    world.press_settings("action_b2b_get_api_key")
    assert world.sql(query) == []
    world.set_crons(True)
    world.run_cron("ir_cron_send")
    for mail in mails:
        world.wait_state(mail, "sent", timeout=90)
    world.set_crons(False)
    person.call("res.users", "write", [person.id], {"b2b_family_email": False})


@pytest.fixture
def kept(world, people):
    """Keep secrets of the company and of a user; connect anew in the end."""
    person, account = people["salesperson"], world.sandbox.credentials
    values = {
        "b2b_family_api_url": world.sandbox.url,
        "b2b_family_app_key": account["app_key"],
        "b2b_family_secret_key": account["secret_key"],
        "b2b_family_mail_password": account["password"],
    }

    def keep():
        world.admin.create("res.config.settings", **values)
        for name in ("api_key", "webhook_token", "webhook_ref"):
            world.set_parameter(f"b2b_family_mail.{name}", "x")
        own = {"b2b_family_email": MINE, "b2b_family_mail_password": "own password"}
        person.call("res.users", "write", [person.id], own)
        world.sql(
            "UPDATE res_users SET b2b_family_api_key_kept = 'k' WHERE id = %s",
            person.id,
        )
        assert secrets(world) == {*HOST_BOUND, "own password", "own key"}

    yield keep
    world.admin.create("res.config.settings", **values)
    person.call("res.users", "write", [person.id], {"b2b_family_email": False})


def secrets(world):
    """Return the names of what is kept for the service's host."""
    rows = world.sql(
        "SELECT replace(key, 'b2b_family_mail.', '') FROM ir_config_parameter"
        " WHERE key LIKE 'b2b_family_mail.%%' AND value <> ''"
    )
    own = world.sql(
        "SELECT bool_or(b2b_family_mail_password_kept <> ''),"
        " bool_or(b2b_family_api_key_kept <> '') FROM res_users"
    )
    named = zip(("own password", "own key"), own[0], strict=True)
    return {name for (name,) in rows if name in HOST_BOUND} | {
        name for name, is_kept in named if is_kept
    }


def test_another_host_gets_none_of_the_secrets(world, kept):
    elsewhere, key = "http://127.0.0.1:9", "b2b_family_mail.api_url"

    def parameter():
        [found] = world.admin.read("ir.config_parameter", [("key", "=", key)], "id")
        return found["id"]

    ways = {
        "screen": lambda: world.admin.create(
            "res.config.settings", b2b_family_api_url=elsewhere
        ),
        "form": lambda: world.admin.call(
            "res.config.settings",
            "web_save",
            [world.settings],
            {"b2b_family_api_url": elsewhere},
            {},
        ),
        "set_param": lambda: world.set_parameter(key, elsewhere),
        "write": lambda: world.admin.call(
            "ir.config_parameter", "write", [parameter()], {"value": elsewhere}
        ),
        "rename": lambda: world.admin.call(
            "ir.config_parameter",
            "write",
            [parameter()],
            {"key": "b2b_family_mail.old"},
        ),
        "unlink": lambda: world.admin.call(
            "ir.config_parameter", "unlink", [parameter()]
        ),
    }
    for way, change in ways.items():
        kept()
        change()
        assert secrets(world) == set(), way
        world.sql("DELETE FROM ir_config_parameter WHERE key = 'b2b_family_mail.old'")
    # And by making one where there was none.
    world.set_parameter(key, False)
    world.admin.create("ir.config_parameter", key=key, value=world.sandbox.url)
    kept()
    print(f"{len(ways)} ways to another host: no secret is left")


def test_the_same_host_and_what_is_typed_with_a_new_one_are_kept(world, kept):
    kept()
    before = secrets(world)
    world.admin.create(
        "res.config.settings", b2b_family_api_url=f"{world.sandbox.url}/v2/"
    )
    assert secrets(world) == before
    # The address is applied first, wherever it stands among the values.
    world.admin.create(
        "res.config.settings",
        b2b_family_mail_password="typed for the new one",
        b2b_family_app_key="typed",
        b2b_family_api_url="http://127.0.0.1:9",
    )
    assert secrets(world) == {"mail_password", "app_key"}


def test_a_manager_erases_what_he_may_see(world, people):
    address = "decoy@client.example"
    ours, theirs = (world.send_mail(address) for _ in range(2))
    for mail in (ours, theirs):
        world.wait_state(mail, "sent")
    company = world.admin.create("res.company", name="Other")
    world.sql(
        "UPDATE b2b_family_letter SET company_id = %s, state = 'opened', open_count = 3"
        " WHERE mail_id = %s",
        company,
        theirs,
    )
    world.sql(
        "INSERT INTO b2b_family_event (letter_id, event_type, date, source, key, pending,"
        " received_date, other_email) SELECT id, 'forward', now(), 'poll', 'k' || id,"
        " false, now(), %s FROM b2b_family_letter",
        address,
    )
    decoy = world.admin.create("res.partner", name="Decoy", email=address)
    manager = people["manager"]
    for role in ("portal", "employee", "salesperson"):
        refused = people[role].refusal("res.partner", "action_b2b_erase", [decoy])
        assert refused == ACCESS, role
    manager.call("res.partner", "action_b2b_erase", [decoy])
    rows = world.sql(
        "SELECT mail_id, email, state, open_count, (SELECT count(*) FROM b2b_family_event e"
        " WHERE e.letter_id = l.id) FROM b2b_family_letter l ORDER BY mail_id"
    )
    print(f"Erased by a manager of one company: {rows}")
    assert rows == [(ours, None, "sent", 0, 0), (theirs, address, "opened", 3, 1)]
    # Deleting the contact is another matter: by its id, not by its address.
    world.sql(
        "UPDATE b2b_family_letter SET partner_id = %s WHERE mail_id = %s", decoy, theirs
    )
    world.admin.call("res.partner", "unlink", [decoy])
    [(_mail, email, state, opens, events)] = world.sql(
        "SELECT mail_id, email, state, open_count, (SELECT count(*) FROM b2b_family_event e"
        " WHERE e.letter_id = l.id) FROM b2b_family_letter l WHERE mail_id = %s",
        theirs,
    )
    assert (email, state, opens, events) == (None, "sent", 0, 0)


@pytest.fixture
def mail_server(world):
    """Ordinary mail arrives; without it, what goes by it has failed a moment later."""
    with world.mail_server(world.sandbox.smtp):
        yield


def test_who_was_not_asked_is_tracked_by_decision_only(world, mail_server):
    key = "b2b_family_mail.consent_policy"
    [(policy,)] = world.sql("SELECT value FROM ir_config_parameter WHERE key = %s", key)
    assert policy == "track", "a new database says so"
    for value, state in (
        ("track", "sent"),
        (False, "untracked"),
        ("nonsense", "untracked"),
    ):
        world.set_parameter(key, value)
        mail = world.send_mail("stranger@client.example")
        wait_for(
            lambda mail=mail: world.letter(mail)["state"] not in ("queued", "sending"),
            15,
            "the letter",
        )
        assert world.letter(mail)["state"] == state, value
    world.set_parameter(key, False)
    shown = world.admin.call(
        "res.config.settings", "default_get", ["b2b_family_consent_policy"]
    )
    assert shown["b2b_family_consent_policy"] == "consent", "what is in force"
    world.admin.call(
        "res.config.settings",
        "execute",
        [world.admin.create("res.config.settings", b2b_family_consent_policy="track")],
    )
    assert world.sql("SELECT value FROM ir_config_parameter WHERE key = %s", key) == [
        ("track",)
    ]
