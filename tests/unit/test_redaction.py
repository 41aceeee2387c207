import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction.redactor import Redactor, tag_of
from bot.redaction.rules import HARMLESS
from bot.settings import LogLevel

PASSWORD = 'hunter2/"é"+secret value'
OWN = Redactor((PASSWORD, "xoxb-1111-own-token"))
NONE = Redactor()


@pytest.mark.parametrize(
    "spelled",
    [
        PASSWORD,
        quote(PASSWORD),
        quote(PASSWORD, safe=""),
        quote(PASSWORD, safe="").lower(),
        json.dumps(PASSWORD),
        json.dumps(PASSWORD, ensure_ascii=False),
        json.dumps({"body": json.dumps({"p": PASSWORD})}),
    ],
)
def test_an_own_credential_goes_in_every_spelling(spelled: str) -> None:
    shown = OWN(f"before {spelled} after")
    assert tag_of(PASSWORD) in shown
    assert "hunter2" not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize("before", ["", "u", "us", "user:", "usr:"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
def test_an_own_credential_inside_base64_goes_at_every_offset(before: str, after: str) -> None:
    text = base64.b64encode(f"{before}{PASSWORD}{after}".encode()).decode()
    shown = OWN(f"data {text} end")
    assert tag_of(PASSWORD) in shown
    assert base64.b64encode(b"secret value").decode()[:12] not in shown


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password=foo123 next", "foo123"),
        ("db_password: foo123", "foo123"),
        ('{"client_secret": "a b, c"}', "a b, c"),
        ("{'api_key': 'abc def'}", "abc def"),
        ('"{\\"token\\": \\"abcdef\\"}"', "abcdef"),
        ("Authorization: Bearer abcdefgh.ijk", "abcdefgh.ijk"),
        ("authorization=ApiKey abcdefghijkl", "abcdefghijkl"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("postgres://app:p4ss,w0rd@db:5432/shop", "p4ss,w0rd"),
        ("Set-Cookie: session=abc; Path=/", "session=abc"),
        ("mysql --password s3cr3t -h db", "s3cr3t"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA1234\n-----END RSA PRIVATE KEY-----", "MIIEpAIB"),
        ("-----BEGIN PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA1234 cut", "MIIEpAIB"),
        ("key AKIAIOSFODNN7EXAMPLE used", "AKIAIOSFODNN7EXAMPLE"),
        ("push with ghp_0123456789abcdefABCDEF0123456789", "ghp_0123456789"),
        ("posting to https://hooks.slack.com/services/T0/B0/abcdefgh", "T0/B0/abcdefgh"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_123", "eyJzdWIiOiIxIn0"),
        ("xoxp-999-888-777-abcdef", "xoxp-999"),
        ("-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES,12\n\nMIIEpAIBAAKCAQEA1234\n[log]", "MIIEpAIB"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQWGBGSVV4YBDAClvR\n=8xQN\n-----END PGP PRIVATE", "lQWGB"),
        ("curl -u admin:s3cr3t! https://db", "s3cr3t!"),
        ("curl --user 'admin:s3cr3t p' x", "s3cr3t"),
        ('curl -u "sk4f9dk2l1:" https://pay', "sk4f9dk2l1"),
        ("- name: DB_PASSWORD\n  value: hunter22", "hunter22"),
        ('<add key="Password" value="hunter22" />', "hunter22"),
        ("<clientSecret>hunter22</clientSecret>", "hunter22"),
        ('DEPLOY_TOKEN ?= "hunter22"', "hunter22"),
        ('client.setPassword("hunter22")', "hunter22"),
        ("token=abc(def)ghi next", "ghi"),
        ('{"password": "a\\"bcd"}', "bcd"),
        ("Authorization: Api-Token 22cb987851bc5659", "22cb9878"),
        ("loki_key: Zk3j9fQ2m1Xw0pL8", "Zk3j9fQ2m1Xw0pL8"),
        ("KEY = 12345678-abcd-ef01-2345-1234567890ab", "12345678-abcd"),
        ("the api key for orders is q7Gh2kP9sLx4", "q7Gh2kP9sLx4"),
        ("GET /v1?sig=q7Gh2kP9sLx4Vb1N&x=1", "q7Gh2kP9sLx4Vb1N"),
        ("upload to q7Gh2kP9sLx4Vb1NzR5tW8 failed", "q7Gh2kP9sLx4Vb1NzR5tW8"),
        ("POST /hooks/q7Gh2kP9sLx4Vb1NzR5tW8/run", "q7Gh2kP9sLx4Vb1NzR5tW8"),
        ("blob dXNlcj1hZG1pbiBwYXNzd29yZD1odW50ZXIyMg== sent", "dXNlcj1hZG1pb"),
        ("password=hunter22  # pragma: allowlist secret", "hunter22"),
        ("token: hunter22 # gitleaks:allow", "hunter22"),
        ("password=hunter22  # nosec noqa", "hunter22"),
        ("sk-ant-api03-abcdefghijklmnop", "abcdefghijklmnop"),
    ],
)
def test_what_looks_like_a_credential_goes(text: str, secret: str) -> None:
    shown = NONE(text)
    assert secret not in shown
    assert "[secret:" in shown


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens: 4096",
        "token_count=5 requests=7",
        "password: null",
        "token: expired",
        "GET /checkout?order=17 500 in 12 ms",
        "PoolTimeout: connection pool exhausted (20/20 in use)",
        "see http://127.0.0.1:9090/graph",
        "at 2026-11-22T18:00:00.000+00:00 user:4711",
        "session termination for sessionid: 0x14ed93111f2027c",
        "commit 2341fb6fd1f0dbbc1317e8c28ceb58370a1b2c3d deployed",
        "traceId=fc30dbc140647ac8d90ad5c075d1290f spanId=c44faa785ffb0eb9",
        "order a4b400a7-0311-473c-b1ff-7fb180941a5c placed",
        "pod checkout-7d9f8b6c5d-x2x9z of checkout-service restarted",
        "org.apache.hadoop.mapreduce.v2.app.rm.RMContainerAllocator: done",
        "/usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so",
        "routing_key=orders.created.v2 queue=orders",
        "cache key: user profile of checkout",
        "password=${DB_PASSWORD}",
        "HostInodesMayFillIn24Hours and X509CertificateExpiresIn7Days fire",
        "preview UXVhcnRlcmx5IHNhbGVzIGdyZXcgMTIgcGVyY2VudCBpbiB0aGUgbm9ydGggcmVnaW9uLg==",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "password=********",
        "token::tests::sizes ... ok",
        "docker run --user 1001:1001 --rm",
        "test_checkout_pool_exhausted_when_all_are_taken passed",
        "job_1445144423722_0020 attempt_1445144423722_0020_m_000000_0",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert NONE(text) == text


def test_the_same_secret_has_the_same_tag_everywhere() -> None:
    first, second = NONE("password=foo123"), NONE('{"password": "foo123"}')
    assert tag_of("foo123") in first
    assert tag_of("foo123") in second


def test_half_a_surrogate_pair_is_borne() -> None:
    assert NONE("\ud83d password=foo123").startswith("? password=[secret:")


def test_a_member_of_an_enumeration_is_redacted_as_its_text() -> None:
    assert NONE(LogLevel.DEBUG) == "debug"


def test_a_very_short_own_credential_does_not_shred_the_text() -> None:
    assert Redactor(("ab",))("about cabs") == "about cabs"


@given(st.text(st.sampled_from("password= :\"'\\{}[]secret:ab12token@/=,\n "), max_size=80))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = OWN(text)
    assert OWN(once) == once


@given(st.text(max_size=60), st.text(max_size=60))
def test_an_own_credential_never_stays_whatever_stands_around_it(before: str, after: str) -> None:
    assert "xoxb-1111-own-token" not in OWN(f"{before}xoxb-1111-own-token{after}")


PIECES = (
    *(
        "password",
        "token",
        "api_key",
        "key",
        "sig",
        "Authorization",
        "Bearer ",
        "Cookie",
        "curl",
        " -u ",
        "--user ",
    ),
    *(
        "=",
        ": ",
        ":",
        "::=",
        "?=",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "<",
        ">",
        "'",
        '"',
        "\\",
        "\\n",
        "\n",
        " ",
        "/",
        "@",
    ),
    *(
        "hunter22",
        "q7Gh2kP9sLx4Vb1NzR5tW8",
        "https://u:p4ss@db",
        "ghp_0123456789abcdefABCDEF",
        "[secret:0a1b]",
    ),
    *(
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "MIIEpAIBAAKCAQEA1234",
        "0x14ed93111f2027c",
    ),
)


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_redacting_pieces_of_rules_twice_changes_nothing_more(text: str) -> None:
    once = OWN(text)
    assert OWN(once) == once


@given(st.text("abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=12, max_size=60))
def test_whatever_a_password_is_it_goes_wherever_it_stands(secret: str) -> None:
    for line in (f"password={secret}", f'{{"db_password": "{secret}"}}', f"redis://app:{secret}@db:6379/0"):
        assert secret not in NONE(line) or secret.casefold() in HARMLESS
