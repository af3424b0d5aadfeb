"""Makes up shops, whole ones from a seed or single customers to order; the same input gives the same rows."""

from tools.shop.generator.demo import DemoItem, DemoOrder, demo_customer
from tools.shop.generator.random_shop import generate
from tools.shop.generator.rows import Shop

__all__ = ["DemoItem", "DemoOrder", "Shop", "demo_customer", "generate"]
