"""A ticket as a service request, a category as a service: Open311 GeoReport v2 (https://wiki.open311.org/GeoReport_v2/). Pure.

GeoReport is published as a rule, so that no reporter is named here and personal numbers are masked.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..masking import mask
from ..records import Ticket

STATUS_NOTES = {
    "diterima": "Diterima",
    "ditindaklanjuti": "Ditindaklanjuti",
    "tuntas": "Tuntas",
    "ditolak": "Ditolak",
}


def service(code: str, name: str, group: str) -> dict[str, Any]:
    """An entry of the service list; `group` is the agency that answers."""
    return {
        "service_code": code,
        "service_name": name,
        "description": name,
        "metadata": False,
        "type": "realtime",
        "keywords": code.replace("_", ","),
        "group": group,
    }


def request(ticket: Ticket, category: str, agency: str, ground: str | None, area: str) -> dict[str, Any]:
    """A service request; `category`, `agency` and `area` are names, `ground` why it was turned down."""
    updated = max(at for at in (ticket.opened_at, ticket.first_response_at, ticket.closed_at) if at)
    note = STATUS_NOTES[ticket.status] + (f": {ground}" if ground and ticket.status == "ditolak" else "")
    address = ", ".join(part for part in (mask(ticket.place.text or ""), area) if part)
    return {
        "service_request_id": ticket.number,
        "status": "open" if ticket.status in ("diterima", "ditindaklanjuti") else "closed",
        "status_notes": f"digabung ke {ticket.merged_into}" if ticket.merged_into else note,
        "service_name": category,
        "service_code": ticket.category,
        "description": mask(ticket.summary),
        "agency_responsible": agency,
        "service_notice": None,
        "requested_datetime": _zulu(ticket.opened_at),
        "updated_datetime": _zulu(updated),
        "expected_datetime": _zulu(ticket.answer_by) if ticket.answer_by else None,
        "address": address or None,
        "address_id": ticket.place.desa or ticket.place.kecamatan or ticket.place.kabupaten,
        "zipcode": None,
        "lat": None,
        "long": None,
        "media_url": None,
    }


def _zulu(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def area_of(ticket: Ticket, names: Mapping[str, str]) -> str:
    """What the ticket's kabupaten or kota is called."""
    return names.get((ticket.place.kabupaten or "")[:5], "")
