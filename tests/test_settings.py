"""The environment is read once, and a mistake in it stops the start with a sentence."""

from datetime import timedelta

import pytest

from reporter import settings


def test_an_empty_environment_gives_the_defaults():
    assert settings.read({}) == settings.Settings()


def test_a_variable_of_other_programs_is_no_concern():
    assert settings.read({"PATH": "/bin", "REPORTERS": "x"}) == settings.Settings()


def test_a_misspelt_setting_stops_the_start_and_names_itself():
    with pytest.raises(settings.SettingsError, match="REPORTER_DATABSE_URL is not a setting"):
        settings.read({"REPORTER_DATABSE_URL": "sqlite://"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("REPORTER_WEB_PORT", "80a"),
        ("REPORTER_WEB_PORT", "0"),
        ("REPORTER_WEB_PORT", "８０"),
        ("REPORTER_LISTEN_PORT", "65536"),
        ("REPORTER_COOKIE_SECURE", "yes"),
        ("REPORTER_SECRET_KEY", "short"),
        ("REPORTER_SESSION_IDLE_MINUTES", "-5"),
        ("REPORTER_LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_name(name, text):
    with pytest.raises(settings.SettingsError, match=name):
        settings.read({name: text})


def test_what_is_set_is_what_is_read():
    read = settings.read({"REPORTER_SESSION_IDLE_MINUTES": "20", "REPORTER_WEB_PORT": "8080"})
    assert read.session_idle == timedelta(minutes=20)
    assert read.web_port == 8080


def test_the_secret_is_not_in_what_is_printed():
    key = "k" * 40
    assert key not in repr(settings.read({"REPORTER_SECRET_KEY": key}))


def test_every_setting_is_described():
    page = settings.describe()
    assert all(f"`{name}`" in page for name in settings.VARIABLES)
