"""Who may read a private module: basic and bearer credentials, teams, what a stranger is told."""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from lab.origin.message import Response, not_found, text
from lab.origin.state import OriginState
from lab.world.tree import Credential, Module


@dataclass(frozen=True)
class Caller:
    """Who asks: the credential they showed, if it is known, and its status now."""

    name: str = ""
    user: str | None = None
    status: str = ""
    teams: tuple[str, ...] = ()

    @property
    def authenticated(self) -> bool:
        """Whether the credential is known and neither expired nor revoked."""
        return self.status == "valid"


def identify(
    authorization: str, credentials: Mapping[str, Credential], state: OriginState
) -> Caller:
    """Find out who sent an Authorization header (RFC 7617 basic, RFC 6750 bearer).

    `Caller.user` is None if nobody claims to be anybody; a user that is not known, or whose
    secret is wrong, is named but has no status.
    """
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, secret = b64decode(rest.strip(), validate=True).decode().partition(":")
        except ValueError:
            return Caller(user="?")
    elif scheme.lower() == "bearer":
        user, secret = "", rest.strip()
    else:
        return Caller(user="?" if authorization else None)
    for name, known in credentials.items():
        same_user = not user or hmac.compare_digest(known.user.encode(), user.encode())
        if same_user and hmac.compare_digest(known.secret.encode(), secret.encode()):
            return Caller(name, known.user, state.credentials.get(name, known.status), known.teams)
    return Caller(user=user or "?")


def refusal(caller: Caller, module: Module, what: str, realm: str) -> Response | None:
    """Return what a caller gets instead of a private module, or None if they may read it.

    401 with a challenge for nobody, a stranger, an expired or a revoked token; 403 for somebody
    without permission. A module with `access: hide` is "not found" in all of these cases.
    """
    if not module.private or (caller.authenticated and module.owner in caller.teams):
        return None
    if module.access == "hide":
        return not_found(what)
    if caller.authenticated:
        return text(403, f"forbidden: {caller.user} may not read {what}", cache="no-store")
    return challenge(caller, what, realm)


def challenge(caller: Caller, what: str, realm: str) -> Response:
    """Return the 401 that asks for credentials and says what was wrong with those shown."""
    wrong = {"expired": "the token has expired", "revoked": "the token was revoked"}
    why = wrong.get(caller.status, "wrong user or token" if caller.user else "no credentials")
    refused = text(401, f"unauthorized: {what}: {why}", cache="no-store")
    asked = f'Basic realm="{realm}"'
    if caller.user:
        asked += f', Bearer realm="{realm}", error="invalid_token", error_description="{why}"'
    return Response(401, (*refused.headers, ("www-authenticate", asked)), refused.body)
