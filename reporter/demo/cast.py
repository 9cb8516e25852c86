"""The invented people and places of the demo. NHS numbers are in the 999 range, which is never issued."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

#: One password for everybody in the demo; it is printed on the terminal and protects nothing.
PASSWORD = "demo-only-please-change"


@dataclass(frozen=True, slots=True)
class DemoSite:
    """An invented hospital site."""

    code: str
    name: str
    organisation_code: str
    organisation_name: str
    nation: str = "england"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """An invented colleague, the role and level they show, and a line on what to try as them."""

    username: str
    title: str
    given: str
    family: str
    role: str
    grade: str
    level: int | None
    registration_body: str | None
    registration_number: str | None
    try_this: str


SITES = (
    DemoSite("ZN101", "Northgate Heart Centre", "ZN1", "Northgate and Southmoor Hospitals (invented)"),
    DemoSite("ZN102", "Southmoor Community Hospital", "ZN1", "Northgate and Southmoor Hospitals (invented)"),
)

PEOPLE = (
    DemoPerson(
        "trainee", "Dr", "Tomás", "Reyes", "trainee", "Specialty registrar", 2, "GMC", "9990001",
        "draft and submit a report",
    ),
    DemoPerson(
        "consultant", "Dr", "Amara", "Okonkwo", "consultant", "Consultant cardiologist", 3, "GMC", "9990002",
        "return, sign, amend",
    ),
    DemoPerson(
        "lead", "Dr", "Hannah", "Lindqvist", "clinical_lead", "Consultant cardiologist, CMR lead", 3, "GMC", "9990003",
        "the turnaround board",
    ),
    DemoPerson(
        "radiographer", "Ms", "Grace", "Mwangi", "radiographer", "Lead CMR radiographer", None, "HCPC", "RA99901",
        "add an order, complete an examination",
    ),
    DemoPerson(
        "auditor", "Mr", "Idris", "Price", "auditor", "Governance facilitator", None, None, None,
        "the boards and the rules, read-only",
    ),
    DemoPerson(
        "admin", "Ms", "Lena", "Fischer", "admin", "Systems manager", None, None, None,
        "people and exceptions, no clinical content",
    ),
)  # fmt: skip

_FAMILY = (
    "Abara", "Bell", "Chowdhury", "Dunne", "Eriksen", "Farrow", "Grant", "Hussain", "Ives", "Jarvis",
    "Kaur", "Lowe", "MacLeod", "Nowak", "O’Brien", "Patel", "Quigley", "Rowe", "Santos", "Teague",
)  # fmt: skip
_GIVEN = {
    "male": ("Alan", "Brian", "Daniyal", "Eamon", "George", "Harjit", "Ian", "Kofi", "Marek", "Stephen"),
    "female": ("Aisha", "Bridget", "Carys", "Denise", "Eilidh", "Fatima", "Joan", "Magda", "Priya", "Ruth"),
}


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """An invented patient."""

    nhs_number: str
    hospital_number: str
    family: str
    given: str
    sex: str
    birth_date: date


def nhs_number(serial: int) -> str:
    """The `serial`-th valid number of the 999 range (modulus 11, NHS Data Dictionary). Serials whose check
    digit would be 10 don't exist, so the next one is taken."""
    while True:
        nine = f"999{serial:06d}"
        check = 11 - sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return nine + str(check % 11)
        serial += 500_000


def patients(number: int, today: date) -> tuple[DemoPatient, ...]:
    """`number` patients aged 25 to 86, the same ones at every start."""
    chance = random.Random(1967)
    people = []
    for index in range(number):
        sex = chance.choice(("male", "female"))
        people.append(
            DemoPatient(
                nhs_number=nhs_number(100 + index),
                hospital_number=f"N{400100 + index}",
                family=_FAMILY[index % len(_FAMILY)],
                given=chance.choice(_GIVEN[sex]),
                sex=sex,
                birth_date=today - timedelta(days=chance.randint(25 * 365, 86 * 365)),
            )
        )
    return tuple(people)
