import json
from collections.abc import AsyncGenerator, Callable
from decimal import Decimal

import httpx2
import pytest

from bot.adapters.prometheus import Prometheus, prometheus_of
from bot.adapters.promql import check_query
from bot.adapters.series import Series, decimal_text, step_seconds
from bot.adapters.web import MAX_BYTES
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import At
from bot.domain.service import Source
from bot.ports.world import Window

NOW = At(1_790_000_000_250)
Handler = Callable[[httpx2.Request], httpx2.Response]


def server(handler: Handler, token: str = "") -> Prometheus:
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(handler), follow_redirects=True)
    settings = (("url", "http://metrics.test/prom/"), ("token", token))
    return prometheus_of(Source("prometheus", settings), client)


def answering(result: object, kind: str = "vector") -> Handler:
    body = {"status": "success", "data": {"resultType": kind, "result": result}}
    return lambda _: httpx2.Response(200, content=json.dumps(body))


async def test_an_instant_query_asks_at_its_moment_with_its_token() -> None:
    asked: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return answering([{"metric": {"job": "a"}, "value": [1790000000.25, "0.5"]}])(request)

    found = await server(handler, "the-token").instant("up", NOW)
    assert found == (Series((("job", "a"),), ((NOW, Decimal("0.5")),)),)
    assert str(asked[0].url) == "http://metrics.test/prom/api/v1/query?query=up&time=1790000000.250"
    assert asked[0].headers["authorization"] == "Bearer the-token"
    assert asked[0].headers["accept-encoding"] == "identity"


async def test_a_range_query_ends_exactly_at_the_end_of_its_window() -> None:
    asked: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return answering([], "matrix")(request)

    assert await server(handler).range("up", Window(At(NOW - 95_000), NOW), 10) == ()
    params = asked[0].url.params
    assert (params["start"], params["end"], params["step"]) == ("1789999910.250", "1790000000.250", "10")


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf"])
async def test_what_is_no_measurement_is_no_sample(text: str) -> None:
    row: dict[str, object] = {"metric": {}, "value": [1, text]}
    found = await server(answering([row])).instant("up", NOW)
    assert found == (Series((), ()),)


async def test_a_scalar_is_one_series_without_labels() -> None:
    found = await server(answering([1790000000, "42"], "scalar")).instant("42", NOW)
    assert found[0].samples[0][1] == Decimal(42)


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (httpx2.Response(200, content="<html>"), "an HTML page"),
        (httpx2.Response(503, content='{"status":"error","error":"too many"}'), "503: too many"),
        (httpx2.Response(302, headers={"location": "http://evil.test"}), "302"),
        (httpx2.Response(200, content="[]"), "no reason given"),
        (httpx2.Response(200, content='{"status":"success","data":{"result":"x"}}'), "no list"),
        (httpx2.Response(200, content='{"status":"success","data":{"result":[1]}}'), "no labels"),
        (
            httpx2.Response(
                200, content='{"status":"success","data":{"result":[{"metric":{},"value":[1,"x"]}]}}'
            ),
            "no number",
        ),
        (httpx2.Response(200, content="[" * 100_000), "something else than JSON"),
        (httpx2.Response(200, headers={"content-encoding": "br"}, content=b""), "compressed"),
    ],
)
async def test_an_unusable_answer_is_an_unavailable_source(response: httpx2.Response, why: str) -> None:
    with pytest.raises(SourceUnavailableError, match=why):
        await server(lambda _: response).instant("up", NOW)


async def test_a_redirect_is_never_followed() -> None:
    asked: list[str] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.host)
        return httpx2.Response(302, headers={"location": "http://evil.test/"})

    with pytest.raises(SourceUnavailableError):
        await server(handler).instant("up", NOW)
    assert asked == ["metrics.test"]


async def test_an_answer_without_end_is_cut_off() -> None:
    class Endless(httpx2.AsyncByteStream):
        sent = 0

        async def __aiter__(self) -> AsyncGenerator[bytes]:
            while True:
                self.sent += 65_536
                yield b" " * 65_536

    stream = Endless()
    with pytest.raises(SourceUnavailableError, match="more than"):
        await server(lambda _: httpx2.Response(200, stream=stream)).instant("up", NOW)
    assert stream.sent <= MAX_BYTES + 2 * 65_536


async def test_a_time_out_is_an_unavailable_source() -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("slow", request=request)

    with pytest.raises(SourceUnavailableError, match="did not answer within 8 s"):
        await server(handler).instant("up", NOW)


async def test_what_is_no_promql_is_not_sent() -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        raise AssertionError(request.url)

    with pytest.raises(SourceUnavailableError, match="no PromQL"):
        await server(handler).instant("sum(rate(x[5m])", NOW)


def test_a_query_is_checked_by_its_grammar() -> None:
    assert check_query('sum by (le) (rate(x_bucket{a="b"}[5m]))') is None
    assert check_query("rate(x)") is not None
    assert check_query("x" * 5000) is not None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("0.0", "0"),
        ("20", "20"),
        ("1e-05", "0.00001"),
        ("1.5E+3", "1500"),
        ("0.33333333333333331", "0.333333333333"),
        ("123456789012345678", "123456789012000000"),
        ("-0.50", "-0.5"),
    ],
)
def test_decimals_are_plain_digits(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text


def test_a_window_is_cut_into_at_most_120_points() -> None:
    assert step_seconds(Window(At(0), At(1000))) == 1
    assert step_seconds(Window(At(0), At(3_600_000))) == 30
    assert step_seconds(Window(At(0), At(3_600_001))) == 31
