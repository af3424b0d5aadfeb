"""Reads a retail data set of the form that tau-bench uses (users, orders and products in one ``db.json``) as a shop."""

from tools.shop.retail.form import RetailData
from tools.shop.retail.reading import IllFormedData, read_retail
from tools.shop.retail.rows import shop_of

__all__ = ["IllFormedData", "RetailData", "read_retail", "shop_of"]
