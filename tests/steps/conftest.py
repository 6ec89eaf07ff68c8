"""The projects that the tests of steps and of verbs have in common."""

from tests.support.projects import *  # noqa: F403 - fixtures are found by their names
