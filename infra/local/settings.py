"""What the local run uses in the place of a deployment's parameters and secrets. All of it is made up."""

from __future__ import annotations

import json

from infra.local.aws.template import ROOT, Template

PORT = 8000
DIRECTORY = ROOT / ".local"
WORLD = DIRECTORY / "world.sqlite"

PARAMETERS = {
    "ShopName": "The Corner Gift Shop",
    "ShopUrl": "https://shop.example.com",
    "Sender": "The Corner Gift Shop <hello@shop.example.com>",
    "Currency": "GBP",
    "OfferCode": "COMEBACK10",
    "PostalAddress": "1 Example Street, London E1 1AA, United Kingdom",
}
SECRETS = {
    "shopify_secret": json.dumps(["local-shopify-secret"]),
    "woocommerce_secret": json.dumps(["local-woocommerce-secret"]),
    "write_keys": json.dumps(["local-write-key"]),
    "webhook_secrets": json.dumps(["whsec_bG9jYWwtd2ViaG9vay1zZWNyZXQtb2YtMzItYnl0ZXM="]),
    "token_key": "local-token-key",
    "identity_key": "local-identity-key",
}


def template(port: int = PORT) -> Template:
    """template.yaml with the local run's parameters."""
    url = f"http://localhost:{port}"
    return Template({**PARAMETERS, "ImagesUrl": f"{url}/images"}, public_url=url)


def secrets(of: Template) -> dict[str, str]:
    """The secrets by their names in SSM: those of the settings file where there is one, else the made-up ones."""
    file = DIRECTORY / "secrets.json"
    given = {**SECRETS, **(json.loads(file.read_text(encoding="utf-8")) if file.exists() else {})}
    path = next(
        variables["SECRETS_PATH"]
        for function in of.of_type("AWS::Serverless::Function")
        if "SECRETS_PATH" in (variables := of.properties(function).get("Environment", {}).get("Variables", {}))
    )
    return {f"{path}/{name}": value for name, value in given.items()}
