def describe(source: str, last_four: str | None) -> str:
    """A payment method in plain words, for example ``credit card ending 4412``."""
    if source == "credit_card":
        return f"credit card ending {last_four}"
    return {"gift_card": "gift card", "paypal": "PayPal"}[source]
