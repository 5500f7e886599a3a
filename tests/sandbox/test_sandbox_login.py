"""Who gets an api key, and what one is good for."""

import subprocess
import sys

import pytest

from devtools.sandbox.control import ROOT

DAY = 24 * 60 * 60


def error_of(response):
    """An error as the service gives it: with HTTP status 200."""
    assert response.status_code == 200
    return response.json()["error"]


def test_right_credentials_get_an_api_key(client):
    assert client.login()["apikey"].startswith("canary-api-key-")


@pytest.mark.parametrize("field", ["app_key", "secret_key", "email", "password"])
def test_one_wrong_value_is_refused(client, field):
    response = client.call(
        "POST", "/user/login", json=client.login_body(**{field: "wrong"})
    )
    assert error_of(response) == {"message": "Wrong email or password", "code": 401}


def test_hash_must_be_lower_case_hex_of_the_values_as_typed(client):
    body = client.login_body()
    upper = {**body, "hash": body["hash"].upper()}
    assert error_of(client.call("POST", "/user/login", json=upper))["code"] == 401


@pytest.mark.parametrize(
    ("accepted", "refused"), [("apikey", "appkey"), ("appkey", "apikey")]
)
def test_label_of_the_hash(sandbox, client, accepted, refused):
    sandbox.settings(hash_labels=[accepted])
    assert "apikey" in client.login(accepted)
    assert client.login(refused)["error"]["code"] == 401


def test_both_labels_when_told_so(sandbox, client):
    sandbox.settings(hash_labels=["apikey", "appkey"])
    assert all("apikey" in client.login(label) for label in ("apikey", "appkey"))


def test_revoked_password(sandbox, client):
    sandbox.settings(password_revoked=True)
    assert client.login()["error"]["code"] == 401
    sandbox.settings(password_revoked=False)
    assert "apikey" in client.login()


def test_logins_are_counted(sandbox, client):
    client.login(password="wrong")
    assert sandbox.state()["logins"] == {"accepted": 1, "refused": 1}


@pytest.mark.parametrize("body", ["", "[]", "{", '"text"'])
def test_body_that_is_no_json_object(client, body):
    headers = {"Content-Type": "application/json"}
    assert (
        error_of(client.call("POST", "/user/login", data=body, headers=headers))["code"]
        == 400
    )


@pytest.mark.parametrize("apikey", [None, "", "wrong", 7, ["canary"]])
def test_calls_need_an_api_key(client, apikey):
    client.apikey = apikey
    assert error_of(client.post_letter()) == {"message": "Invalid api key", "code": 403}
    assert client.get("/mail/statistics", id=1)["error"]["code"] == 403
    assert client.get("/mail/find", key="k")["error"]["code"] == 403
    assert client.get("/Templates/get_template", id=1)["error"]["code"] == 403
    assert client.subscribe("http://127.0.0.1/hook")["error"]["code"] == 403
    assert client.upload("a.txt", b"a")["error"]["code"] == 403


def test_api_key_lives_a_day(sandbox, client):
    sandbox.clock(DAY - 60)
    assert client.find("k") == []
    sandbox.clock(DAY + 60)
    assert client.get("/mail/find", key="k")["error"]["code"] == 403


def test_credentials_command(client):
    command = [sys.executable, "-m", "devtools.sandbox", "credentials"]
    lines = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert lines == [
        f"B2B_{name.upper()}={value}" for name, value in client.credentials.items()
    ]
    assert all("canary" in line for line in lines if "EMAIL" not in line)
