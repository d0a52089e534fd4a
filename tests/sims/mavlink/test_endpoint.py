"""Endpoints in configuration: what is read from a text, and what is said of one that is none."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from sims.mavlink.endpoint import KINDS, Endpoint, EndpointError, EndpointText, parse_endpoint


class Model(BaseModel):
    link: EndpointText


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("udpin:127.0.0.1:14540", Endpoint("udpin", "127.0.0.1", 14540)),
        ("udpout:localhost:14580", Endpoint("udpout", "localhost", 14580)),
        ("tcp:10.0.0.2:5760", Endpoint("tcp", "10.0.0.2", 5760)),
        ("tcpin:0.0.0.0:0", Endpoint("tcpin", "0.0.0.0", 0)),
        ("udpin:[::1]:14540", Endpoint("udpin", "[::1]", 14540)),
        ("serial:/dev/ttyACM0:921600", Endpoint("serial", "/dev/ttyACM0", 921600)),
        (
            "serial:/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:57600",
            Endpoint("serial", "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2", 57600),
        ),
        ("pty", Endpoint("pty")),
    ],
)
def test_an_endpoint_is_read(text, endpoint):
    assert parse_endpoint(text) == endpoint
    assert Model(link=text).link == endpoint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "begins with no kind of endpoint; write udpin:HOST:PORT, "),
        ("udp:127.0.0.1:14540", "begins with no kind of endpoint"),
        ("/dev/ttyACM0", "begins with no kind of endpoint"),
        ("udpin", "write udpin:HOST:PORT"),
        ("udpin:14540", "write udpin:HOST:PORT"),
        ("tcp:127.0.0.1:", "write tcp:HOST:PORT"),
        ("tcp:127.0.0.1:-1", "write tcp:HOST:PORT"),
        ("tcp:127.0.0.1:٣", "write tcp:HOST:PORT"),
        ("serial:/dev/ttyACM0", "write serial:DEVICE:BAUD"),
        ("serial:/dev/ttyACM0:fast", "write serial:DEVICE:BAUD"),
        ("serial:/dev/ttyACM0:9", "BAUD is from 1200 to 12000000"),
        ("udpin:127.0.0.1:65536", "PORT is from 0 to 65535"),
        ("udpout:127.0.0.1:0", "PORT is from 1 to 65535"),
        ("pty:1", "a pty has no address"),
    ],
)
def test_a_text_that_is_none_is_told_what_to_write(text, words):
    with pytest.raises(EndpointError) as told:
        parse_endpoint(text)
    assert words in str(told.value)
    with pytest.raises(ValidationError, match=r"endpoint|PORT|BAUD|pty"):
        Model(link=text)


@pytest.mark.parametrize("value", [None, 14540, ["udpin"], True])
def test_what_is_no_text_is_none_either(value):
    with pytest.raises(EndpointError, match="is no endpoint"):
        parse_endpoint(value)


@given(st.sampled_from([*KINDS, ""]), st.text(max_size=20), st.integers(-1, 70000))
def test_any_text_is_an_endpoint_or_a_named_error(kind, place, number):
    for text in (place, f"{kind}:{place}", f"{kind}:{place}:{number}"):
        with contextlib.suppress(EndpointError):
            assert parse_endpoint(str(parse_endpoint(text))) == parse_endpoint(text)


@pytest.mark.parametrize(
    "text", ["udpin:127.0.0.1:14540", "udpin:[::1]:1", "serial:/dev/ttyS0:57600", "pty"]
)
def test_its_text_is_read_as_the_same_again(text):
    model = Model(link=text)
    assert str(model.link) == text
    assert Model.model_validate(model.model_dump()) == model
    assert Model.model_validate_json(model.model_dump_json()) == model


def test_editors_are_told_that_it_is_a_text():
    assert Model.model_json_schema()["properties"]["link"]["type"] == "string"
