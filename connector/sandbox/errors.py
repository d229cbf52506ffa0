"""The error answers that the sandbox gives by itself. Faults can make any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GRAPH_DOCS = "https://developers.facebook.com/docs/graph-api"


class GraphError(Exception):
    """An error answer: the body's `error` object and the HTTP status."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        subcode: int | None = None,
        http: int = 400,
        type: str | None = "OAuthException",
        transient: bool | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.subcode, self.http = code, message, subcode, http
        self.type, self.transient, self.more = type, transient, dict(more or {})

    def body(self, trace: str) -> dict[str, Any]:
        """The JSON body; what is not known (subcode, is_transient, type) is left out, as Facebook does."""
        error: dict[str, Any] = {"message": self.message}
        if self.type is not None:
            error["type"] = self.type
        error["code"] = self.code
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.transient is not None:
            error["is_transient"] = self.transient
        return {"error": error | self.more | {"fbtrace_id": trace}}


def bad_request(message: str, subcode: int | None = None) -> GraphError:
    """Code 100, HTTP 400: the request itself is wrong."""
    return GraphError(100, f"(#100) {message}", subcode=subcode)


def unknown_field(name: str, node_type: str) -> GraphError:
    """A field or edge that the node type does not have."""
    return bad_request(f"Tried accessing nonexisting field ({name}) on node type ({node_type})")


def dead_field() -> GraphError:
    """A post field gone since v3.3: the whole request fails with code 12."""
    name = "deprecate_post_aggregated_fields_for_attachement"
    return GraphError(12, f"(#12) {name} is deprecated for versions v3.3 and higher")


def dead_edge(name: str) -> GraphError:
    """An edge that no version serves any more, such as ratings."""
    return GraphError(12, f"(#12) {name} is deprecated for all versions")


def gone(node_id: str, method: str = "get") -> GraphError:
    """The object does not exist, or this token may not see it: Facebook does not say which."""
    why = "does not exist, cannot be loaded due to missing permissions, or does not support this operation"
    text = f"Unsupported {method.lower()} request. Object with ID '{node_id}' {why}. Please read the Graph API"
    return GraphError(100, f"{text} documentation at {GRAPH_DOCS}", subcode=33, type="GraphMethodException")


def unknown_alias(name: str) -> GraphError:
    """A name in place of an id that nobody has."""
    return GraphError(803, f"(#803) Some of the aliases you requested do not exist: {name}", http=404)


def needs_feature(scope: str) -> GraphError:
    """Reading the Page without the permission: code 10, HTTP 403."""
    text = f"This endpoint requires the '{scope}' permission or the 'Page Public Content Access' feature"
    return GraphError(10, f"(#10) {text}.", http=403)


def needs_permission(scope: str) -> GraphError:
    """Acting or reading messages without the permission: code 200, HTTP 403."""
    text = f"Requires {scope} permission to manage the object"
    return GraphError(200, f"(#200) {text}", http=403)


def not_allowed() -> GraphError:
    """The Page may not do this to the object."""
    return GraphError(200, "(#200) Permissions error", http=403)


def blocked() -> GraphError:
    """Facebook took the Page's writing for abuse: nothing can be written for a while."""
    return GraphError(368, "The action attempted has been deemed abusive or is otherwise disallowed")


def needs_page_token() -> GraphError:
    """A user's or app's token where only the Page's own will do."""
    return GraphError(210, "(#210) A page access token is required to request this resource.")


def message_gone() -> GraphError:
    """A message that was taken back, or is older than the newest 20."""
    return GraphError(9000001, "This Message has been deleted by the user or the business")
