"""Verifies tokens by PyJWT: for each line of JSON on standard input (issuer, audience, token) one on standard output."""

import json
import sys
from urllib.request import urlopen

import jwt


def verify(issuer, audience, token):
    try:
        with urlopen(issuer.removesuffix("/") + "/.well-known/openid-configuration") as answer:
            metadata = json.load(answer)
        key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token)
        algorithms = metadata["id_token_signing_alg_values_supported"]
        claims = jwt.decode(token, key, algorithms=algorithms, audience=audience, issuer=metadata["issuer"])
        return {"ok": True, "subject": claims["sub"]}
    except jwt.PyJWTError as error:
        return {"ok": False, "why": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    print(json.dumps(verify(**json.loads(line))))
