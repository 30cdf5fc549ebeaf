-- database: inside
-- Who signed an application (a keyed hash of the signing certificate), and whether the certificate it names proved itself
-- beside that signature. Naming somebody else's card in a file keeps nobody from their own registration.
ALTER TABLE domicile_registrations ADD COLUMN signer_key_id BIGINT;
ALTER TABLE domicile_registrations ADD COLUMN signer_hash BLOB;
ALTER TABLE domicile_registrations ADD COLUMN is_proved BIGINT NOT NULL DEFAULT 1;
-- Until now what came with a receipt came as files.
UPDATE domicile_registrations SET is_proved = 0
    WHERE registration_id IN (SELECT registration_id FROM registration_receipts);
CREATE INDEX domicile_registrations_by_signer ON domicile_registrations (signer_key_id, signer_hash);
