"""Label matchers of a selector."""
# re2 ships without types; its three names are used here only.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Callable

import promql_parser as ql
import re2

from bot.playground.metrics.samples import Labels
from bot.playground.metrics.values import QueryError

Test = Callable[[str], bool]


def acceptor(matchers: ql.Matchers) -> Callable[[Labels], bool]:
    """A test that labels pass when every matcher does; a label that is not there counts as empty."""
    groups = [matchers.matchers, *matchers.or_matchers] if matchers.or_matchers else [matchers.matchers]
    tests = [[(each.name, _test(each)) for each in group] for group in groups if group or len(groups) == 1]

    def accept(labels: Labels) -> bool:
        known = dict(labels)
        return any(all(test(known.get(name, "")) for name, test in group) for group in tests)

    return accept


def _test(matcher: ql.Matcher) -> Test:
    value = matcher.value
    if matcher.op == ql.MatchOp.Equal:
        return lambda text: text == value
    if matcher.op == ql.MatchOp.NotEqual:
        return lambda text: text != value
    matches = _regex(value)
    return matches if matcher.op == ql.MatchOp.Re else lambda text: not matches(text)


def _regex(pattern: str) -> Test:
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise QueryError(f'invalid parameter "query": parse error: {error}') from error
    return lambda text: compiled.fullmatch(text) is not None
