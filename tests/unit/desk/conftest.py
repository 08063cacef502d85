"""The databases of the tests of the record, here as well."""

from tests.unit.objections.conftest import database, empty, url

__all__ = ["database", "empty", "url"]
