-- database: inside
-- Everything a finished paper says, sealed beside its bytes and erased with them, where copies for wallets are offered.
ALTER TABLE certificate_documents ADD COLUMN fields_sealed BLOB;
