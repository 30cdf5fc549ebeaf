//! PDF documents: fonts with a strict glyph gate, barcodes, seals, pages.
