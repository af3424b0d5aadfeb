"""What is asked of Vendure, in GraphQL. What is asked for stands at ``it``, so that every answer is read alike.

Orders are read as those of the customer whose session it is: ``orderByCode`` shows everybody's for two hours to whoever
has none.
"""

ORDERS = """{ it: activeCustomer {
  orders(options: {take: 50, sort: {orderPlacedAt: DESC}, filter: {active: {eq: false}}}) {
  items { code state lines { quantity productVariant { name } } } } } }"""

ORDER = """query ($code: String!) { it: activeCustomer { orders(options: {take: 1, filter: {code: {eq: $code}}}) {
  items { id code state currencyCode payments { id state amount refunds { id state total reason } } } } } }"""
OF_ORDER = "orders.items.0"

CANCEL = """mutation ($orderId: ID!, $reason: String!) {
  it: cancelOrder(input: {orderId: $orderId, reason: $reason, cancelShipping: true}) {
    ... on Order { code state } ... on ErrorResult { errorCode } } }"""

REFUND = """mutation ($paymentId: ID!, $amount: Money!, $reason: String!) {
  it: refundOrder(input: {
    paymentId: $paymentId, amount: $amount, reason: $reason, lines: [], shipping: 0, adjustment: 0}) {
    ... on Refund { refundId: id state reason } ... on ErrorResult { errorCode } } }"""

ADDRESSES = """{ it: activeCustomer {
  addresses { id defaultShippingAddress streetLine1 streetLine2 postalCode city } } }"""

CHANGE_ADDRESS = """mutation (
  $id: ID!, $streetLine1: String!, $streetLine2: String!, $postalCode: String!, $city: String!) {
  it: updateCustomerAddress(input: {
    id: $id, streetLine1: $streetLine1, streetLine2: $streetLine2, postalCode: $postalCode, city: $city}) { id } }"""
