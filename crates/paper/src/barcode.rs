//! QR codes drawn as vectors.
