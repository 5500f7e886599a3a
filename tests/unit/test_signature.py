# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib

import pytest
from client import login_hash

CREDENTIALS = ("app-1", "s3cret", "ivan@example.com", "pass word&=ё")


def test_known_value():
    # echo -n 'apikey=a&secret=b&email=c&password=d' | md5sum
    assert login_hash("a", "b", "c", "d") == "2780e64795a2eb7e4eabcd09e83826d5"


@pytest.mark.parametrize("label", ["apikey", "appkey"])
def test_recomputed(label):
    text = label + "=app-1&secret=s3cret&email=ivan@example.com&password=pass word&=ё"
    expected = hashlib.new("md5", text.encode("utf-8")).hexdigest()
    assert login_hash(*CREDENTIALS, label=label) == expected


def test_manual_label_is_the_default():
    assert login_hash(*CREDENTIALS) == login_hash(*CREDENTIALS, label="apikey")


def test_other_labels_are_refused():
    with pytest.raises(ValueError, match="apikey, appkey"):
        login_hash(*CREDENTIALS, label="secret")
