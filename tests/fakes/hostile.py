# ruff: noqa: RUF001 - the ambiguous letters are the point
"""Values that try to be more than a value, by what they try; 400 and more of them."""

import itertools
from collections.abc import Iterator

COMMANDS = ("rm", "id", "reboot", "curl", "sh")


def hostile_words() -> tuple[str, ...]:
    """Strings that no word parameter may hold, each once."""
    kinds = (_options, _separators, _paths, _encoded, _controls, _homoglyphs, _headers, _structures, _lengths)
    return tuple(dict.fromkeys(itertools.chain.from_iterable(kind() for kind in kinds)))


def hostile_numbers() -> tuple[object, ...]:
    """What no integer parameter between 1 and 90 may hold."""
    return (
        True, False, None, 3.0, 1.5, float("nan"), float("inf"), "3", " 3", "3 ", "+3", "-3", "0x3", "3e1",
        "3.0", "٣", "３", "३", "³", "Ⅲ", "1_0", "", "NaN", "Infinity", b"3", [3], {"a": 3}, (3,),
        -1, 0, 91, 2**31, 2**63, 2**64, 10**30, -(10**30), "3\n", "3\0", "3;id", "3 --force", "$((3))",
    )  # fmt: skip


def _options() -> Iterator[str]:
    flags = ("rf", "h", "v", "o", "c", "e", "exec", "config", "force", "help", "version", "output", "eval")
    for flag in flags:
        yield from (f"-{flag}", f"--{flag}", f"--{flag}=x", f"-{flag}=/etc/passwd")
    yield from ("-", "--", "---", "-1", "--=", "-- -rf", "-\t", "+x", "/s", "@file", "@/etc/passwd")


def _separators() -> Iterator[str]:
    for mark, command in itertools.product(("; ", " | ", " && ", " || ", " & ", "\n", "`", "$("), COMMANDS):
        end = {"`": "`", "$(": ")"}.get(mark, "")
        yield f"41{mark}{command}{end}"
    yield from (
        "41 42",
        "41\t42",
        "41'",
        '41"',
        "41\\",
        "${IFS}",
        "$HOME",
        "~root",
        "*",
        "?",
        "[a-z]",
        "{a,b}",
    )
    yield from ("41>out", "41<in", "41>>out", "<(id)", "!!", "#", "41#", "%PATH%", "$@", "41,42", "41=42")


def _paths() -> Iterator[str]:
    for up, target in itertools.product(
        ("../", "..\\", "....//", "..;/", "/../"), ("etc/passwd", "admin", "..", "")
    ):
        yield f"{up}{target}"
    yield from (".", "..", ".hidden", "/", "//", "/etc/passwd", "a/b", "a\\b", "./a", "C:\\x", "\\\\host\\x")
    yield from (
        "file:///etc/passwd",
        "http://169.254.169.254/",
        "//evil.example/",
        "a?b",
        "a#b",
        "a;b",
        "a&b",
    )
    yield from ("user@host", "host:80/x", "a%", "..%00", "a/..", "a/./b", ":", ":80", "~", "~user")


def _encoded() -> Iterator[str]:
    for part in ("2e2e2f", "2f", "5c", "00", "0a", "0d0a", "252f", "c0af", "20", "3b", "26", "2d2d"):
        octets = "".join(f"%{part[at : at + 2]}" for at in range(0, len(part), 2))
        yield from (f"41{octets}", octets, f"{octets}admin")
    yield from ("&#47;", "&lt;", "\\u002e\\u002e", "\\x2f", "=2F", "+AC8-", "%u002f", "0x2e2e")[:-1]


def _controls() -> Iterator[str]:
    for code in (*range(32), 127, *range(128, 160)):
        yield f"41{chr(code)}"
    for code in (0, 9, 10, 13, 27, 127):
        yield from (f"{chr(code)}41", f"4{chr(code)}1")


def _homoglyphs() -> Iterator[str]:
    yield from (
        "٤١",
        "४१",
        "４１",
        "𝟜𝟙",
        "৪১",
        "④①",
        "⁴¹",
        "ⅳ",
        "аdmin",
        "ρroduction",
        "ｒｅｓｔａｒｔ",
        "re\u200bstart",
    )
    yield from (
        "\u202e14",
        "41\u2066",
        "41\u00a0",
        "41\u2028",
        "41\u2029",
        "\ufeff41",
        "41\u00ad",
        "4\u03011",
        "é",
    )
    yield from (
        "e\u0301",
        "ﬁle",
        "ß",
        "İ",
        "ı",
        "\u212a",
        "41\U000e0041",
        "😀",
        "‐rf",
        "–force",
        "—",
        "／etc",
        "․․／",
        "\ud800",
    )
    yield from (f"v{chr(code)}" for code in range(0x0660, 0x066A))
    yield from (f"v{chr(code)}" for code in range(0xFF10, 0xFF1A))


def _headers() -> Iterator[str]:
    for end, line in itertools.product(
        ("\r\n", "\n", "\r", "\r\n\r\n", "\u2028", "\x85"),
        ("X-Admin: 1", "Host: evil", "Content-Length: 0", "POST /run HTTP/1.1"),
    ):
        yield f"41{end}{line}"


def _structures() -> Iterator[str]:
    yield from (
        '41","admin":"1',
        '"}',
        "{}",
        "[]",
        "{{7*7}}",
        "{key}",
        "{target.x}",
        "${jndi:ldap://x}",
        "{%x%}",
    )
    yield from (
        "<script>",
        "<!--",
        "]]>",
        "41' OR '1'='1",
        "1);DROP TABLE x",
        "*)(uid=*",
        "null\0",
        "!!python/x",
    )
    yield from (
        "&anchor",
        "*alias",
        "<<: x",
        "a: b",
        "- a",
        "| x",
        "> x",
        "<@U0EVIL>",
        "*bold*",
        "`code`",
        "",
    )
    yield from (" ", "  41", "41  ", "41 ", " 41", "\u3000", "a\x00b", "a b c")


def _lengths() -> Iterator[str]:
    yield from ("a" * size for size in (65, 66, 100, 128, 255, 256, 1_000, 4_096, 65_536, 1_000_000))
    yield from ("1" * size for size in (65, 400, 5_000))
    yield from ("é" * size for size in (1, 10, 64))
