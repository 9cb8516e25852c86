"""The tests: mirrors of the rooms, journeys across them, a real browser, and tests of the house itself."""
