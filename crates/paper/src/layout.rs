//! Texts fitted into boxes, never cut; rules; reading order.
